/**
 * The catalogue of errors: code → English template. The templates of other languages stand in
 * `node-red/locales/<language>/errors.json` and use the same placeholders (a test checks it).
 *
 * A message names the node's property, what was expected and what came.
 */
export const errorCatalogue = {
  'config-missing': '[[row {{row}}, ]]{{property}}: a value is required',
  'config-number': '[[row {{row}}, ]]{{property}}: expected a number, got {{got}}',
  'config-integer': '[[row {{row}}, ]]{{property}}: expected a whole number, got {{got}}',
  'config-range': '[[row {{row}}, ]]{{property}}: expected {{min}} to {{max}}, got {{got}}',
  'config-choice': '[[row {{row}}, ]]{{property}}: expected one of {{expected}}, got {{got}}',
  'config-list': '{{property}}: expected a list, got {{got}}',
  'config-node': '{{property}}: no {{expected}} is chosen, or it does not work itself; choose or mend it, and deploy again',
  'env-missing': '[[row {{row}}, ]]{{property}}: environment variable {{variable}} is not set',
  'file-missing': '{{property}}: file {{path}} does not exist',
  'file-unreadable': '{{property}}: file {{path}} can not be read: {{reason}}',
  'input-payload': 'msg.payload: expected {{expected}}, got {{got}}',
  'input-timestamp': 'msg.timestamp: expected milliseconds since 1970, got {{got}}',
  'input-command': 'msg.command: expected one of {{expected}}, got {{got}}',
  'tensor-length': 'tensor {{name}}: dims {{dims}} hold {{expected}} values, got {{got}}',
  'onnx-attribute':
    'attribute {{name}}: expected an integer, integers, a text, texts, float(…), floats(…), a tensor or a graph, got {{got}}',
  'onnx-name': 'the name {{name}} is used twice in the graph',

  'window-no-tags': 'tags: the first message has no number; list the tags in the dialog',
  'window-tag-missing': 'tags: tag "{{tag}}" has not come in {{seconds}} s; messages have {{got}}',
  'window-tag-twice': 'tags: tag "{{tag}}" is listed twice',
  'window-too-large': 'size, tags: expected at most {{max}} numbers in a window, got {{samples}} samples of {{tags}} tags',
  'window-band':
    'bandLowHz, bandHighHz: expected a band that begins below its end and below half the sample rate ({{most}} Hz), got {{low}} to {{high}} Hz',
  'window-size': '{{property}}: expected 1 to {{max}} samples, got {{got}}',

  'alert-input': '{{property}}: expected {{expected}}, got {{got}}',
  'alert-limits': 'low: expected less than high ({{high}}), got {{low}}',
  'alert-no-limit': 'high, low: give at least one of the two limits',
  'alert-nothing': 'msg.command: there is nothing to {{command}}, the alarm is {{state}}',
  'alert-unknown': 'msg.command.id: expected {{expected}} (this alarm) or nothing, got {{got}}',
  'score-healthy':
    'msg.payload.healthy: expected quantiles within 0..1 and errors, both rising and equally many; it is not used, the node learns from the flow instead',
  'score-input': '{{property}}: expected {{expected}}, got {{got}}',
  'score-not-deployed': 'this node is not deployed yet, or does not work itself; deploy it first',
  'score-state-size': 'expected at most {{limitMb}} MB of what was learned, got {{gotMb}} MB',
  'score-state-busy': 'a file is being loaded into an anomaly score right now; try again when that is done',
  'score-state': 'this is nothing that anomaly score has exported ({{reason}}); what the node has learned stays as it was',
  'score-state-other':
    'this was learned from {{results}} results or {{samples}} samples, this node learns from {{ownResults}} or {{ownSamples}}: set "Learn from" to the same; what the node has learned stays as it was',
  'score-nothing': 'msg.command: nothing has been an anomaly since learning began, so there is nothing to take for normal',
  'state-unusable': 'state file {{path}} can not be used ({{reason}}); it is kept as {{aside}}, and learning starts afresh',
  'state-unwritten': 'state file {{path}} can not be written: {{reason}}',
  'learn-request': '{{property}}: expected {{expected}}, got {{got}}',
  'learn-value': 'window {{row}}, {{column}}: expected a finite number, got {{got}}',
  'learn-size': 'expected at most {{expected}} values in {{what}}, got {{got}}; take features or shorter windows, or fewer of them',
  'learn-too-few': 'too little to learn from: expected at least {{expected}} windows, got {{got}}; collect longer',
  'learn-constant':
    'nothing to learn from: none of the {{columns}} columns ever changed; check that the machine runs and that its tags are read, then learn again',
  'learn-anomalous':
    '{{count}} windows from {{from}} to {{to}} are unlike all others, most of all in {{column}}; if the machine was not well then, learn again; if that is normal, learn longer or accept it',
  'learn-changed':
    'the machine changed meanwhile, most of all in {{column}}: what came after {{time}} is unlike what came before; learn again when it runs steadily, or learn longer, so that each state comes several times',
  'learn-moved':
    '{{column}} has moved since the machine was learned ({{since}}): {{got}}, where it was {{expected}} under like conditions; that is {{times}} times its usual deviation, more than {{limit}}. If it is wear or a fault, repair it; if it is the new normal, accept it: "Accept as normal" in the dialog, or msg.command { do: "train", accept: true }',
  'learn-weak':
    'the model finds only {{percent}} % of test anomalies made from healthy windows (one tag exchanged or shifted; below {{least}} % it is hardly of use): take tags that depend on one another, features that show the fault, or let it learn longer',
  'learn-diverged': 'training found no model for these windows; look for values that are far out, or take another method',
  'learn-target': 'target: expected a tag of the windows ({{expected}}), got {{got}}',
  'learn-alone': 'target: the windows have no other tag than {{target}} to predict it from; add tags',
  'learn-unrelated':
    'the other tags say nothing about {{target}}: with them its error is {{error}} % of that of a constant; choose another tag, or add tags that go with it',
  'learn-labels': 'expected at least two labels, got {{got}}; teach another one (in the simplest case: normal)',
  'learn-label-name': 'label: expected a text other than {{expected}}, got {{got}}',
  'learn-label-few': 'label {{label}}: expected at least {{expected}} windows, got {{got}}; teach it longer',
  'learn-label-left-out':
    'label {{label}} is left out of the model: it has {{got}} windows, at least {{expected}} are needed; teach it longer',
  'learn-crashed': 'the training process ended ({{reason}}); nothing was changed, the model in use stays',
  'learn-deadline': 'training took longer than {{minutes}} min and was stopped; take fewer windows, or another method',
  'learn-memory': 'the training process used {{usedMb}} MB, more than its limit of {{limitMb}} MB, and was stopped; take fewer windows',
  'learn-cancelled': 'training was cancelled; nothing was changed',

  'learn-wide':
    'msg.payload: expected at most {{expected}} numbers in a window to learn from, got {{got}}; make the window shorter, or let it give features',
  'learn-name': 'modelName: expected letters, digits, spaces, - and _, got {{got}}; it names the folder of the model',
  'learn-name-taken': 'modelName: {{got}} is learned by another learn normal node already; each model has one',
  'learn-folder': 'this Node-RED has no folder for models; set linewatch.folder in settings.js',
  'learn-unwritten':
    'the model was learned, but {{file}} can not be written: {{reason}}; make room or allow it: what was collected is kept, and training is tried again by itself, or at once by msg.command { do: "train" }',
  'learn-rollback': 'msg.command: there is no earlier version of {{file}} to go back to',
  'learn-label':
    'msg.command.label: expected a name of 1 to {{most}} characters (not "{{unknown}}") in a node that teaches classes, got {{got}}',
  'learn-many-labels': 'msg.command.label: {{most}} labels are taught already; forget one first',
  'learn-label-last': 'msg.command.last: no windows have come that could be called "{{label}}"',
  'learn-label-span': 'msg.command.{{property}}: expected a number above 0, got {{got}}',
  'learn-forget': 'msg.command.label: expected one of the labels taught ({{expected}}), got {{got}}',
  'learn-nothing': 'msg.command: nothing has been collected that could be learned from',
  'learn-busy': 'msg.command: training is under way; wait for it, or send { do: "cancel" } first',
  'learn-worse':
    'the newly learned model is worse on windows it was not trained on ({{got}} against {{expected}}, 1 is best); the one from before serves on',

  'replay-request': '{{property}}: expected {{expected}}, got {{got}}',
  'replay-busy': 'another replay is under way on this gateway; wait until it is done',
  'replay-no-recording':
    'nothing has been recorded yet: the node must be deployed, and messages must have come since Node-RED was started; a CSV file can be replayed meanwhile',
  'replay-no-file': 'path: there is no .csv, .tsv or .txt file {{path}} inside {{folder}}; only such files are replayed',
  'replay-size': 'file {{name}}: expected at most {{limitMb}} MB, got {{gotMb}} MB; cut out the part of interest',
  'replay-failed': 'the replay broke down: {{reason}}',
  'replay-cancelled': 'the replay was cancelled',

  'model-missing': 'path: {{path}} is in none of the model folders {{folders}}',
  'model-awaited': 'the model {{path}} has not been learned yet',
  'model-outside': 'path: {{path}} is outside the model folders {{folders}}; only models inside them are loaded',
  'model-unreadable': 'path: {{path}} can not be loaded as an ONNX model: {{reason}}',
  'model-checksum': 'model {{path}}: expected sha256 {{expected}} as its manifest says, got {{got}}',
  'model-manifest': 'manifest {{path}}: {{property}}: expected {{expected}}, got {{got}}',
  'model-backend': 'backend {{backend}} is not available: {{reason}}',
  'model-input-no-tensor':
    'model {{path}}: its input {{names}} is no tensor, or of an element type that can not be fed; export the model with tensor inputs (float32, int64 …)',
  'model-output-no-tensor':
    'model {{path}}: its only output {{names}} is no tensor; export it with a tensor output (scikit-learn, LightGBM: with zipmap=False)',
  'model-state': 'model {{path}}: state: expected {{what}} to be one of {{expected}}, got {{got}}',
  'model-fixed': 'model {{path}}: fixed inputs: expected one of {{expected}}, got {{got}}',
  'model-swap': 'the model stays as it is: the new one has another {{what}} {{name}}: expected {{expected}}, got {{got}}',
  'model-swap-path': 'msg.command.path: expected the path of a model file, got {{got}}',
  'model-rollback': 'msg.command: there is no earlier model to go back to',
  'model-run': 'the model failed on this input: {{reason}}',
  'model-output-size': 'the outputs of the model take {{got}} MB, at most {{expected}} MB can be given to the flow',
  'model-crashed': 'the model process ended during this run ({{reason}}); it is being restarted',
  'model-crashes': 'the model process ended {{count}} times without an answer ({{reason}})',
  'model-deadline': 'the model did not answer within {{deadlineMs}} ms and was stopped',
  'model-memory': 'the model process used {{usedMb}} MB, more than its ceiling of {{ceilingMb}} MB, and was stopped',
  'model-closed': 'the node was closed before the model answered',
  'model-queue-full': 'more than {{limit}} messages wait for the model',
  'model-newer': 'a newer message came while this one waited for the model',
  'model-late': 'this message waited {{waitedMs}} ms for the model, longer than it may',
  'model-input-name': 'msg.payload: the model takes {{expected}}, got {{got}}',
  'model-input-type': 'input {{name}}: expected {{expected}}, got {{got}}',
  'model-input-shape': 'input {{name}}: expected {{type}} [{{dims}}], got {{got}}',
  'model-input-value': 'input {{name}}: value {{index}}: expected {{expected}}, got {{got}}',
  'model-input-size': 'input {{name}}: expected at most {{expected}} MB, got {{got}} MB',
  'model-input-unreadable': 'msg.payload can not be read: {{reason}}',
  'model-input-picture':
    'input {{name}}: got a picture, and the manifest of the model does not say how to prepare it; put an image node before this one, or add inputs[].image to the manifest',
  'model-input-pictures': '{{property}}: expected one picture a message, got a list of {{count}}; a split node sends them one by one',
  'model-keep-missing':
    'there is no picture of a good part yet for the input {{name}}: send it once, with msg.command { do: "reference" } and the picture in msg.payload',
  'model-keep': 'msg.command.input: expected {{expected}}, got {{got}}',
  'model-keep-none': 'msg.command: this model keeps no picture; the manifest of one that does has keep: true at an input',
  'model-keep-size': 'msg.payload: a picture to keep may have {{expected}} MB at most, got {{got}} MB',
  'model-rows': 'this picture, or its parts (tiles, regions), can not go through the model: {{name}}: expected {{expected}}, got {{got}}',
  'model-tiles':
    'inputs {{first}} and {{second}}: pictures of {{expected}} and {{got}} pixels are cut into different tiles, which can not be compared with one another; both must be of the same size',
  'model-columns-count': 'msg.window: the model expects {{expected}} columns, the window has {{got}}',
  'model-column': 'msg.window: column {{number}}: the model expects {{expected}}, the window has {{got}}',

  'model-file-empty': 'model {{path}}: the file is empty; copy or export it again',
  'model-file-truncated': 'model {{path}}: the file is cut off: expected {{expected}} bytes, it has {{got}}; copy it again',
  'model-file-damaged': 'model {{path}}: the file is damaged: byte {{at}} of {{bytes}} makes no sense; copy or export it again',
  'model-file-zeros':
    'model {{path}}: the file begins with zeros: it was not written to the end (a broken copy, a power failure); copy it again',
  'model-file-not-onnx': 'model {{path}}: expected an ONNX model, got {{format}}; export the model to ONNX and copy the .onnx file',
  'model-file-pointer':
    'model {{path}}: expected an ONNX model, got {{format}}: the download did not bring the file itself; download it again (Git: git lfs pull)',
  'model-file-packed': 'model {{path}}: expected an ONNX model, got {{format}}; unpack it and copy the .onnx file that is inside',
  'model-file-too-large':
    'model {{path}}: expected at most {{limit}} bytes, which is all an ONNX file can hold, got {{got}}; export it with its weights as external data',
  'model-file-limit': 'model {{path}}: {{what}}: expected at most {{limit}}, the file has more',
  'model-external-missing': 'model {{path}}: its weights file {{file}} is missing; copy it into the folder of the model',
  'model-external-outside':
    'model {{path}}: its weights file {{file}} is outside the folder of the model or the model folders; only files inside them are read',
  'model-folder-choice': 'path: the folder {{path}} has no model.onnx; choose one of {{found}}',
  'model-folder-empty': 'path: the folder {{path}} has no .onnx file',

  'trial-run': 'the model loads ({{loadMs}} ms), but fails on made-up input: {{reason}}; it may need other values or sizes',
  'trial-busy': 'a model is being tried already; wait until that is done',
  'upload-request': 'expected a request with content type {{expected}}, got {{got}}',
  'upload-folder': 'this Node-RED has no folder for models; set linewatch.folder in settings.js',
  'upload-name': 'the file name {{got}} is not taken: expected {{expected}}',
  'upload-exists': 'there is a file {{name}} already',
  'upload-size': 'file {{name}}: expected at most {{limitMb}} MB (linewatch.uploadLimitMb in settings.js), got {{gotMb}} MB',
  'upload-disk': 'file {{name}} needs {{sizeMb}} MB, the disk of {{folder}} has {{freeMb}} MB left',
  'upload-cut': 'only {{got}} of {{expected}} bytes of file {{name}} came; nothing was kept',
  'upload-json': 'file {{name}}: expected JSON, got something else: {{reason}}',
  'upload-unwritten': 'file {{name}} can not be written to {{folder}}: {{reason}}',

  'interpret-task': 'task: expected one of {{expected}}, got {{got}}; choose one, or a model whose manifest names it',
  'interpret-output': 'msg.payload: expected one tensor, got the outputs {{got}}; name one of them in the dialog',
  'interpret-shape': '{{property}}: expected {{expected}}, got {{got}}',
  'interpret-value': '{{property}}: value {{index}} is {{got}}; nothing can be read from it',
  'interpret-image':
    'msg.image: expected the size of the picture and the place of the tensor in it, as the image node gives them, got {{got}}; nodes in between must pass msg.image on',
  'interpret-rows':
    'msg.payload: expected {{expected}} rows, one for each place in msg.image, got {{got}}; the tensor must be made of the picture in msg.image',
  'interpret-layout':
    'layout: it can not be seen how the outputs of the model are to be read ({{layout}}), got {{got}}; choose the layout in the dialog, or describe it in the manifest (objects)',
  'interpret-missing': 'msg.payload: expected an output {{name}}, got {{got}}',
  'interpret-labels': 'labels: expected {{expected}}, as many as the model has classes, got {{got}}',
  'interpret-labels-file': 'labels file {{path}}: expected at most {{most}} bytes, got {{got}}',
  'interpret-no-labels': 'labels: expected a file with the characters of the model, one a line, got nothing',
  'interpret-only': 'only these: expected labels of the model ({{expected}}), got {{got}}',
  'interpret-only-number': 'only these: expected numbers of classes, as no labels are known, got {{got}}; give the labels of the model',
  'interpret-scores':
    'msg.payload: a score is {{got}}, which is no probability; choose another layout, or how scores become probabilities (More, Scores; in the manifest objects.activation)',
  'interpret-background':
    'labels: expected those of the model, as it can not be seen whether one of its {{got}} classes stands for "nothing", got nothing; give labels, or objects.background in the manifest',
  'interpret-format':
    'boxes: {{got}} of {{expected}} end before they begin when they are read as {{format}}; choose what their four numbers are (More, Boxes are; in the manifest objects.boxFormat)',
  'interpret-cells':
    'msg.payload: the picture was prepared for an input of {{width}}×{{height}} pixels, which gives {{expected}} boxes (strides {{strides}}), but the model gave {{got}}; prepare pictures in the size that the model takes',
  'interpret-priors':
    'msg.payload: the priors for an input of {{width}}×{{height}} pixels are {{expected}}, but the model gave {{got}} boxes; prepare pictures in the size that the model takes, and check priors in the manifest',
  'interpret-no-priors': 'layout ssd: expected priors in the manifest (objects.priors), got nothing',
  'interpret-box': 'msg.payload: a box with score {{score}} is {{got}}; nothing can be read from it',
  'interpret-zones': 'zones: expected {{expected}}, got {{got}}',

  'annotate-picture':
    'picture: msg.{{property}} has no picture to draw on; take the message from image or onnx infer, or name the property that has the picture (Buffer)',
  'annotate-colour': '[[row {{row}}, ]]colour: expected a colour such as #e6194b, got {{got}}',
  'annotate-busy': '{{waiting}} pictures are waiting to be drawn on already; send fewer, or make them smaller',

  'modbus-tag-none': 'tags: add at least one tag',
  'modbus-tag-name': '[[row {{row}}, ]]name: {{got}} can not be the name of a tag; choose another one',
  'modbus-tag-duplicate': '[[row {{row}}, ]]tag "{{tag}}": name: it is used twice, first in row {{first}}',
  'modbus-tag-address':
    '[[row {{row}}, ]]tag "{{tag}}": address: expected 0 to 65535, 40001, 400001, 4x1, #0 or 0x0 (a bit of a register: 40001.3), got {{got}}',
  'modbus-tag-range': '[[row {{row}}, ]]tag "{{tag}}": address: {{got}} is outside 0..65535 on the wire',
  'modbus-tag-one-based': '[[row {{row}}, ]]tag "{{tag}}": address: the addresses of this unit count from 1, got {{got}}',
  'modbus-tag-other-area': '[[row {{row}}, ]]tag "{{tag}}": address: {{got}} is of area {{area}}, the area of the tag is {{expected}}',
  'modbus-tag-ambiguous':
    '[[row {{row}}, ]]tag "{{tag}}": address: {{got}} could be the reference of a coil or hexadecimal; write {{reference}} for the reference, or #{{number}} for a wire address',
  'modbus-tag-reference':
    '[[row {{row}}, ]]tag "{{tag}}": address: references of area {{area}} begin at {{first}}, got {{got}}; a wire address that looks like one is written with #',
  'modbus-tag-bit': '[[row {{row}}, ]]tag "{{tag}}": address: expected a bit 0 to 15, such as 40001.3, got {{got}}',
  'modbus-tag-no-bit':
    '[[row {{row}}, ]]tag "{{tag}}": address: only a bool in a register has a bit, such as 40001.3, got {{got}} for {{type}} in area {{area}}',
  'modbus-tag-span':
    '[[row {{row}}, ]]tag "{{tag}}": address: {{type}} at address {{address}} takes {{width}} registers and runs past 65535',
  'modbus-tag-type': '[[row {{row}}, ]]tag "{{tag}}": type: area {{area}} expects {{expected}}, got {{got}}',
  'modbus-tag-length': '[[row {{row}}, ]]tag "{{tag}}": length: a string needs its length, 1 to {{most}} bytes, got {{got}}',
  'modbus-tag-scale': '[[row {{row}}, ]]tag "{{tag}}": scale: expected a number other than 0, got 0',
  'modbus-tag-deadband':
    '[[row {{row}}, ]]tag "{{tag}}": deadband: expected nothing, a number from 0 on, or a percentage such as 2%, got {{got}}',
  'modbus-tag-overlap':
    '[[row {{row}}, ]]tag "{{tag}}": address: its registers {{first}} to {{last}} overlap with tag "{{other}}" in row {{otherRow}}, which begins at {{otherFirst}} and ends at {{otherLast}}',
  'modbus-tag-unreadable':
    'tag "{{tag}}": it is not read: {{area}} {{first}} to {{last}} touches addresses that the connection declares unreadable for unit {{unit}}',
  'modbus-tag-wide':
    'tag "{{tag}}": it is not read: it takes {{width}} registers, and the connection allows {{most}} in one request to unit {{unit}}',
  'modbus-csv-unknown': 'column "{{column}}" is not known; expected {{expected}}',
  'modbus-csv-twice': 'column "{{column}}" is there twice',
  'modbus-csv-missing': 'column "{{column}}" is missing; at least {{expected}} are needed',
  'modbus-csv-cells': 'expected at most {{expected}} cells, got {{got}}; a cell with a comma must be quoted',
  'modbus-csv-unclear': '{{column}}: {{got}} can be {{decimal}} or {{whole}}; write {{decimal}} or {{whole}}',
  'modbus-csv-rows': 'expected at most {{most}} rows; divide the file',
  'modbus-csv-empty': 'expected a heading and at least one row',
  'modbus-csv-size': 'expected a text of at most {{mostMb}} MB',
  'modbus-csv-wire':
    'the address {{got}} is {{wire}} on the wire, but column wire says {{expected}}: a spreadsheet makes 1 of 00001 and 40001.1 of 40001.10; write such addresses with # or as text',
  'modbus-not-deployed': 'connection: it is not deployed yet, or does not work itself; deploy it first, then read',
  'modbus-read-now': 'no answer within {{seconds}} s; other requests may be waiting for this device',
  'modbus-refused': 'no connection to {{host}}:{{port}}: the connection was refused; check that a Modbus server runs there',
  'modbus-host': 'no connection to {{host}}:{{port}}: the host name is not known',
  'modbus-connect-timeout': 'no connection to {{host}}:{{port}}: no answer within {{timeoutMs}} ms',
  'modbus-unreachable': 'no connection to {{host}}:{{port}}: {{reason}}',
  'modbus-lost': 'the connection to {{label}} was lost',
  'modbus-silent': 'the connection to {{label}} was given up after {{count}} requests without an answer',
  'modbus-closed': 'the connection to {{label}} is closed',
  'modbus-flapping':
    'the connection to {{label}} was lost {{count}} times within a minute, though it works in between; check cable and network, and whether the device allows so many connections',
  'modbus-timeout': 'unit {{unit}} at {{label}} gave no answer within {{timeoutMs}} ms',
  'modbus-answer': 'the answer from {{label}} does not fit the request ({{reason}}); the connection was reset',
  'modbus-echo': 'unit {{unit}} confirmed another write than the one sent: expected {{expected}}, got {{got}}',
  'modbus-line': 'the answer on {{label}} does not fit the request ({{reason}}); it was not used',
  'modbus-overdue':
    'unit {{unit}} at {{label}} does not answer; on this line a late answer would be taken for the next one, so it is asked again when none can come any more',
  'modbus-unit-silent':
    'unit {{unit}} at {{label}} does not answer; so as not to hold up the other units it is asked again in {{seconds}} s',
  'modbus-broadcast': 'a write to unit 0 goes to all units on {{label}}, and none confirms it',
  'modbus-broadcast-read': 'unit 0 stands for all units on {{label}} and can not be read; give the number of one unit',
  'modbus-tls': 'no secure connection to {{host}}:{{port}}: {{reason}}',
  'modbus-tls-authority':
    'no secure connection to {{host}}:{{port}}: the certificate of the device is not signed by a known authority ({{reason}}); add its CA certificate to the TLS configuration',
  'modbus-tls-expired':
    'no secure connection to {{host}}:{{port}}: the certificate of the device is not valid today ({{reason}}); check it, and the clock of this gateway',
  'modbus-tls-name':
    'no secure connection to {{host}}:{{port}}: the certificate of the device is for another name ({{reason}}); use that name as host, or as server name in the TLS configuration',
  'modbus-tls-refused':
    'no secure connection to {{host}}:{{port}}: the device refused our certificate ({{reason}}); check certificate and key in the TLS configuration',
  'modbus-tls-ended':
    'no secure connection to {{host}}:{{port}}: the device ended it before it answered; perhaps it does not accept our certificate',
  'modbus-serial': 'serial port {{path}}: {{reason}}',
  'modbus-serial-library':
    'serial ports need the package serialport, which is not installed here; run npm install serialport in the user directory of Node-RED ({{reason}})',
  'modbus-serial-missing': 'serial port {{path}} is not there; check that the adapter is plugged in; found: {{found}}',
  'modbus-serial-permission':
    'serial port {{path}} may not be opened by the user of Node-RED; add that user to the group dialout and start Node-RED again',
  'modbus-serial-busy': 'serial port {{path}} is in use by another program or connection',
  'modbus-units-twice': 'units: rows {{first}} and {{second}} are both for {{unit}}; keep one of them',
  'modbus-units-unreadable':
    'units: row {{row}}, unreadable: expected ranges such as holding 100-120, input 5 (areas {{areas}}; addresses 0 to 65535), got {{got}}',
  'modbus-illegal-function': 'unit {{unit}} does not know the function for {{request}} (exception 1)',
  'modbus-illegal-address': 'unit {{unit}} does not have all addresses of {{request}} (exception 2)',
  'modbus-illegal-value': 'unit {{unit}} does not accept the value or length of {{request}} (exception 3)',
  'modbus-device-failure': 'unit {{unit}} reports an internal failure on {{request}} (exception 4)',
  'modbus-device-busy': 'unit {{unit}} is busy and did not carry out {{request}} (exception 6)',
  'modbus-gateway': 'the gateway can not reach unit {{unit}} for {{request}} (exception {{exception}})',
  'modbus-exception': 'unit {{unit}} refused {{request}} (exception {{exception}})',
  'modbus-queue': '{{label}}: {{waiting}} writes are waiting already; this one was not sent',
  'modbus-late': 'tag "{{tag}}": the write waited {{seconds}} s for its turn and was not sent any more',
  'modbus-write-area': 'tag "{{tag}}": area: expected one of coil, holding to write to, got {{got}}',
  'modbus-write-value': 'tag "{{tag}}": msg.payload: expected {{expected}}, got {{got}}; nothing was written',
  'modbus-write-fit': 'tag "{{tag}}": {{got}} (raw {{raw}}) does not fit {{type}}; nothing was written',
  'modbus-write-length':
    'tag "{{tag}}": msg.payload: expected a text of at most {{length}} bytes (UTF-8), got {{got}}; nothing was written',
  'modbus-write-count': 'tag "{{tag}}": msg.payload: expected 1 to {{most}} values, got {{got}}; nothing was written',
  'modbus-write-guard': 'tag "{{tag}}": {{got}} is outside the permitted {{min}}..{{max}}; nothing was written',
  'modbus-write-rate':
    'tag "{{tag}}": from {{from}} to {{got}} is a change of more than the {{allowed}} permitted now (largest change {{rate}} per second); nothing was written',
  'modbus-write-rate-unread':
    'tag "{{tag}}": the largest change can not be checked, as the present value could not be read ({{reason}}); nothing was written',
  'modbus-write-no-rate': '{{property}}: expected a number above 0, or nothing for no limit, got 0',
  'modbus-write-disarmed': 'tag "{{tag}}": not armed; nothing was written',
  'modbus-write-closed': 'tag "{{tag}}": the node was closed before the write was sent; nothing was written',
  'modbus-write-left': 'tag "{{tag}}": the node was closed before the device had confirmed the write',
  'modbus-write-interrupted': 'Node-RED ended before the outcome of this write was known',
  'modbus-write-queue': 'tag "{{tag}}": {{waiting}} writes are waiting already; this one was not sent',
  'modbus-write-mask':
    'tag "{{tag}}": unit {{unit}} has no mask write (function 22, exception 1), by which a bit or an 8-bit value of a register is written; write the whole register, or tick "Without mask write" where nothing else changes this register',
  'modbus-write-differs': 'tag "{{tag}}": unit {{unit}} confirmed {{sent}} (raw {{sentRaw}}), but {{held}} (raw {{heldRaw}}) was read back',
  'modbus-write-unverified': 'tag "{{tag}}": unit {{unit}} confirmed the write, but it could not be read back ({{reason}})',
  'modbus-write-unknown': 'unknown: {{reason}}',
  'modbus-write-orphans':
    'Node-RED ended while {{count}} writes were under way; whether they were carried out is unknown, see the write log {{path}}',
  'write-log-unwritten': 'the write log {{path}} can not be written ({{reason}}); writing to the machine goes on without it',
  'write-log-nowhere':
    'Node-RED has no user directory: writes to the machine are not logged, and a command to disarm is forgotten at a restart; set userDir, or linewatch.folder, in settings.js',

  'server-port-in-use': '{{property}}: {{port}} is in use by another program; choose another port or stop that program',
  'server-port-rights':
    '{{property}}: {{port}} may only be opened by an administrator; choose one from 1024 on (10503), or let the system pass port 502 on to it',
  'server-listen': '{{property}}: can not listen on {{host}} port {{port}}: {{reason}}',
  'server-allowed': '{{property}}: expected IP addresses or networks such as 192.168.0.10, 192.168.0.0/24, got {{got}}',

  'serve-none': 'values: add at least one row',
  'serve-source':
    'row {{row}}, "{{name}}": source: expected a path in the message such as payload.temperature or anomaly.score, or @heartbeat, @good, @good:name of a row (neither writable nor a string), got {{got}}',
  'serve-writable': 'row {{row}}, "{{name}}": writable: expected area coil or holding, got {{got}}',
  'serve-texts': 'row {{row}}, "{{name}}": texts: expected each text once with its number, such as normal=0, raised=1, got {{got}}',
  'serve-when-bad': 'row {{row}}, "{{name}}": when bad: expected one of {{expected}}, got {{got}}',
  'serve-overlap':
    'row {{row}}, "{{name}}": address: {{area}} {{address}} is taken by "{{otherName}}" in row {{otherRow}} already; choose another address',
  'serve-nothing': 'the message has nothing for any row of the table (see source and topic of each row); topic of the message: {{topic}}',
  'serve-value':
    'row {{row}}, "{{name}}": msg.{{property}}: expected {{expected}}, got {{got}}; until a right value comes, this one counts as bad',
  'serve-fit':
    'row {{row}}, "{{name}}": msg.{{property}}: {{got}} (raw {{raw}}) does not fit {{type}}; until a right value comes, this one counts as bad',
  'serve-length':
    'row {{row}}, "{{name}}": msg.{{property}}: expected a text of at most {{length}} bytes (UTF-8), got {{got}}; until a right value comes, this one counts as bad',

  'camera-url': 'url: expected an address such as {{expected}}, got {{got}}',
  'camera-url-login':
    'url: user and password do not belong in the address, where everybody who sees the flow can read them; enter them in the fields User and Password (a camera that wants them in its address: write {user} and {password} there)',
  'camera-refused': 'camera {{host}}: the connection was refused; check address and port, and that the camera is on',
  'camera-host': 'camera {{host}}: this name is not known; check the address',
  'camera-unreachable': 'camera {{host}}: can not be reached ({{reason}}); check network and address',
  'camera-timeout': 'camera {{host}}: nothing came for {{seconds}} s',
  'camera-ended': 'camera {{host}}: the connection was ended by the camera',
  'camera-certificate':
    'camera {{host}}: its certificate is not accepted ({{reason}}); choose a TLS configuration with the authority that signed it, or tick "Accept any certificate"',
  'camera-login-needed': 'camera {{host}} wants a login; enter User and Password',
  'camera-login':
    'camera {{host}} refused the login; check User and Password, and what this user may do (next attempt after a minute or more, as cameras lock out who tries often)',
  'camera-login-method':
    'camera {{host}} offers no login that is permitted here (it offers: {{offered}}); permit Basic in the dialog, or set the camera to Digest',
  'camera-not-found': "camera {{host}} does not know the path of the address; look it up in the camera's manual",
  'camera-status': 'camera {{host}} answered with error {{status}} instead of a picture',
  'camera-redirect':
    'camera {{host}} refers to {{target}}; user and password go to no other host and never unencrypted where they were encrypted: if that address is right, enter it',
  'camera-no-picture': 'camera {{host}}: expected a picture, got {{got}}; check the path of the address',
  'camera-cut': 'camera {{host}}: the picture is cut off after {{bytes}} bytes',
  'camera-too-large':
    'camera {{host}}: the picture is larger than {{limitMb}} MB; raise "Largest picture", or let the camera send smaller ones',
  'camera-use-stream': 'camera {{host}}: this address gives a stream; choose the source MJPEG stream',
  'camera-use-snapshot': 'camera {{host}}: this address gives one picture for each request; choose the source Snapshot',
  'camera-stream': 'the camera sends something that is no stream of pictures; check the path of the address',
  'camera-folder': 'path: {{path}} can not be read: {{reason}}',
  'camera-no-pictures': 'path: there is no picture in {{path}} (jpg, png, webp, gif, bmp, tif, avif)',
  'camera-file-kind': '{{path}} ({{bytes}} bytes) is no picture of a kind that is known; it was not sent',
  'camera-file-cut': '{{path}} is cut off after {{bytes}} bytes and does not grow any more; it was not sent',
  'camera-file-too-large': '{{path}} is larger than {{limitMb}} MB ("Largest picture"); it was not sent',
  'camera-file-kept': '{{path}} was sent, but can not be moved or deleted: {{reason}}; it stays, and is not sent again',
  'camera-busy': '{{waiting}} messages wait for a picture already; this one is not answered. Ask only when the last picture has come',
  'camera-none-new': 'there is no new picture',
  'camera-ffmpeg-missing':
    'RTSP needs the program ffmpeg, which is not found here; install it with apt-get install ffmpeg (Debian, Ubuntu) or apk add ffmpeg (Alpine), or set linewatch.ffmpeg in settings.js to its path',
  'camera-ffmpeg': 'camera {{host}}: ffmpeg ended: {{reason}}',
  'camera-look-password': 'the stored password goes only to the camera it was deployed for; enter it again to look at this one',

  'csv-column': '{{property}}: column {{column}} is not in the file; it has: {{columns}}',
  'csv-columns': 'columns: no column of the file holds numbers; it has: {{columns}}',
  'csv-empty': '{{property}}: file {{path}} has no rows',
  'csv-malformed': '{{property}}: file {{path}} is not a table: {{reason}}',
  'csv-text': '{{property}}: this is not a table: {{reason}}',
  'csv-no-folder': '{{property}}: {{path}} is relative, and this Node-RED has no user directory; give an absolute path',
  'sensor-rows': 'rows: add at least one row',
  'sensor-missing': 'row {{row}}, tag "{{tag}}": msg.{{property}} is missing in a message with topic {{topic}}',
  'sensor-value': 'row {{row}}, tag "{{tag}}": msg.{{property}}: expected a number, true, false or a text, got {{got}}',
  'sensor-property': 'row {{row}}: property: expected a path such as payload.temperature or payload[0].value, got {{got}}',

  'metrics-path':
    'linewatch.metricsPath in settings.js: expected a path such as /metrics (letters, digits, - . _ ~), got {{got}}; metrics stand at the admin address only',

  'picture-library':
    'pictures need the package sharp, which is not installed here or does not run; run npm install sharp in the user directory of Node-RED ({{reason}})',
  'picture-input': '{{property}}: expected {{expected}}, got {{got}}',
  'picture-format': '{{property}}: expected a JPEG, PNG, WebP, TIFF, AVIF or GIF picture, got {{got}}',
  'picture-raw': '{{property}}: {{width}}×{{height}} pixels with {{channels}} channels are {{expected}} bytes, got {{got}}',
  'picture-bytes': '{{property}}: expected a picture of at most {{most}} MB, got {{got}} MB',
  'picture-pixels': '{{property}}: expected a picture of at most {{most}} million pixels, got {{width}}×{{height}}',
  'picture-depth': '{{property}}: expected a picture with 8 or 16 bits a channel, got {{got}}',
  'picture-damaged': '{{property}}: the {{format}} picture is damaged or not complete: {{reason}}',
  'picture-slow': '{{property}}: the picture could not be decoded within {{seconds}} s',
  'picture-region': 'region: {{got}} (x, y, width, height) is nothing of the picture, which is {{width}}×{{height}} pixels',
  'picture-tensor': 'tiles, regions, size: expected a tensor of at most {{most}} million numbers, got {{dims}}',

  'image-setting': '{{property}}: expected {{expected}}, got {{got}}',
  'image-no-preparation':
    'model: its manifest does not say how pictures [[for its input {{input}} ]]are to be prepared ("image" of an input); choose a preset instead',
  'image-no-picture': 'no picture has come yet since the node was deployed; send one, or choose a file',
  'image-busy': 'another preview is being made right now; try again when that is done',

  internal: 'unexpected error: {{reason}}',
} as const;

export type ErrorCode = keyof typeof errorCatalogue;
export type ErrorContext = Record<string, string | number | boolean>;

/**
 * Fills `{{name}}` placeholders; one that has no value stays as it is, so that a test can find it. A part in `[[ ]]` is there only
 * where its placeholders have values: `[[row {{row}}, ]]`.
 */
export function fill(template: string, values: ErrorContext): string {
  const parts = template.replace(/\[\[(.*?)\]\]/g, (_, part: string) =>
    [...part.matchAll(/\{\{(\w+)\}\}/g)].every(([, name]) => (name as string) in values) ? part : '',
  );
  return parts.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The only error class of the project. `message` is English; nodes show it in the runtime's language. */
export class LinewatchError extends Error {
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, context: ErrorContext = {}, cause?: unknown) {
    super(fill(errorCatalogue[code], context), cause === undefined ? undefined : { cause });
    this.name = 'LinewatchError';
    this.code = code;
    this.context = context;
  }
}

/** Whatever was thrown, as an error of the catalogue. */
export function asLinewatchError(thrown: unknown): LinewatchError {
  if (thrown instanceof LinewatchError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String((thrown as { message?: unknown })?.message ?? thrown);
  return new LinewatchError('internal', { reason }, thrown);
}

/** A short name of a value for an error message: its type, and the value itself where that is short. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 40)}…"` : `"${value}"`;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (typeof value === 'object') {
    const keys = Object.keys(value).slice(0, 5).join(', ');
    return keys === '' ? 'an empty object' : `an object with ${keys}`;
  }
  return typeof value;
}
