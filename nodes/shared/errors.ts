/**
 * The catalogue of errors: code → English template. The templates of other languages stand in
 * `node-red/locales/<language>/errors.json` and use the same placeholders (a test checks it).
 *
 * A message names the node's property, what was expected and what came.
 */
export const errorCatalogue = {
  'config-missing': '{{property}}: a value is required',
  'config-number': '{{property}}: expected a number, got {{got}}',
  'config-integer': '{{property}}: expected a whole number, got {{got}}',
  'config-range': '{{property}}: expected {{min}} to {{max}}, got {{got}}',
  'config-choice': '{{property}}: expected one of {{expected}}, got {{got}}',
  'config-list': '{{property}}: expected a list, got {{got}}',
  'config-node': '{{property}}: no {{expected}} is chosen, or it does not work itself; choose or mend it, and deploy again',
  'env-missing': '{{property}}: environment variable {{variable}} is not set',
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
  'state-unusable': 'state file {{path}} can not be used ({{reason}}); it is kept as {{aside}}, and learning starts afresh',
  'state-unwritten': 'state file {{path}} can not be written: {{reason}}',

  'model-missing': 'path: {{path}} is in none of the model folders {{folders}}',
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

  'interpret-task': 'task: expected reconstruction or classify, got {{got}}; choose one, or a model whose manifest names it',
  'interpret-output': 'msg.payload: expected one tensor, got the outputs {{got}}; name one of them in the dialog',
  'interpret-shape': '{{property}}: expected {{expected}}, got {{got}}',
  'interpret-value': '{{property}}: value {{index}} is {{got}}; nothing can be read from it',

  'modbus-tag-none': 'tags: add at least one tag',
  'modbus-tag-duplicate': 'tag "{{tag}}": the name is used twice, in rows {{first}} and {{second}}',
  'modbus-tag-address': 'tag "{{tag}}": address {{got}} is outside 0..65535',
  'modbus-tag-span': 'tag "{{tag}}": a {{type}} at address {{address}} takes {{width}} registers and runs past 65535',
  'modbus-tag-type': 'tag "{{tag}}": area {{area}} expects type {{expected}}, got {{got}}',
  'modbus-tag-scale': 'tag "{{tag}}": scale: expected a number other than 0, got 0',
  'modbus-refused': 'no connection to {{host}}:{{port}}: the connection was refused; check that a Modbus server runs there',
  'modbus-host': 'no connection to {{host}}:{{port}}: the host name is not known',
  'modbus-connect-timeout': 'no connection to {{host}}:{{port}}: no answer within {{timeoutMs}} ms',
  'modbus-unreachable': 'no connection to {{host}}:{{port}}: {{reason}}',
  'modbus-lost': 'the connection to {{host}}:{{port}} was lost',
  'modbus-silent': 'the connection to {{host}}:{{port}} was given up after {{count}} requests without an answer',
  'modbus-closed': 'the connection to {{host}}:{{port}} is closed',
  'modbus-timeout': 'unit {{unit}} at {{host}}:{{port}} gave no answer within {{timeoutMs}} ms',
  'modbus-answer': 'the answer from {{host}}:{{port}} does not fit the request ({{reason}}); the connection was reset',
  'modbus-echo': 'unit {{unit}} confirmed another write than the one sent: expected {{expected}}, got {{got}}; the connection was reset',
  'modbus-illegal-function': 'unit {{unit}} does not know the function for {{request}} (exception 1)',
  'modbus-illegal-address': 'unit {{unit}} does not have all addresses of {{request}} (exception 2)',
  'modbus-illegal-value': 'unit {{unit}} does not accept the value or length of {{request}} (exception 3)',
  'modbus-device-failure': 'unit {{unit}} reports an internal failure on {{request}} (exception 4)',
  'modbus-device-busy': 'unit {{unit}} is busy and did not carry out {{request}} (exception 6)',
  'modbus-gateway': 'the gateway can not reach unit {{unit}} for {{request}} (exception {{exception}})',
  'modbus-exception': 'unit {{unit}} refused {{request}} (exception {{exception}})',
  'modbus-queue': '{{host}}:{{port}}: {{waiting}} writes are waiting already; this one was not sent',
  'modbus-late': 'tag "{{tag}}": the write waited {{seconds}} s for its turn and was not sent any more',
  'modbus-write-area': 'tag "{{tag}}": area: expected one of coil, holding to write to, got {{got}}',
  'modbus-write-value': 'tag "{{tag}}": msg.payload: expected {{expected}}, got {{got}}; nothing was written',
  'modbus-write-fit': 'tag "{{tag}}": {{got}} (raw {{raw}}) does not fit {{type}}; nothing was written',
  'modbus-write-guard': 'tag "{{tag}}": {{got}} is outside the permitted {{min}}..{{max}}; nothing was written',

  'server-port-in-use': '{{property}}: {{port}} is in use by another program; choose another port or stop that program',
  'server-listen': '{{property}}: can not listen on {{host}} port {{port}}: {{reason}}',

  'csv-column': '{{property}}: column {{column}} is not in the file; it has: {{columns}}',
  'csv-columns': 'columns: no column of the file holds numbers; it has: {{columns}}',
  'csv-empty': '{{property}}: file {{path}} has no rows',
  'csv-malformed': '{{property}}: file {{path}} is not a table: {{reason}}',
  'csv-no-folder': '{{property}}: {{path}} is relative, and this Node-RED has no user directory; give an absolute path',
  'sensor-rows': 'rows: add at least one row',
  'sensor-missing': 'row {{row}}, tag "{{tag}}": msg.{{property}} is missing in a message with topic {{topic}}',
  'sensor-value': 'row {{row}}, tag "{{tag}}": msg.{{property}}: expected a number, true, false or a text, got {{got}}',
  'sensor-property': 'row {{row}}: property: expected a path such as payload.temperature or payload[0].value, got {{got}}',

  'metrics-path':
    'linewatch.metricsPath in settings.js: expected a path such as /metrics (letters, digits, - . _ ~), got {{got}}; metrics stand at the admin address only',

  internal: 'unexpected error: {{reason}}',
} as const;

export type ErrorCode = keyof typeof errorCatalogue;
export type ErrorContext = Record<string, string | number | boolean>;

/** Fills `{{name}}` placeholders; one that has no value stays as it is, so that a test can find it. */
export function fill(template: string, values: ErrorContext): string {
  return template.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
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
