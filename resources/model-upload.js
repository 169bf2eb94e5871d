// Brings model files from the computer of the editor to the gateway.
(() => {
  if (window.linewatch?.modelUpload) return;

  /** What the model needs first, the model last: it is checked together with them. */
  const inOrder = (files) => [...files].sort((a, b) => /\.onnx$/i.test(a.name) - /\.onnx$/i.test(b.name));

  /** Asks whether a file may take the place of another. */
  const mayReplace = (words, name) =>
    new Promise((resolve) => {
      const answer = (yes) => () => {
        asking.close();
        resolve(yes);
      };
      const asking = RED.notify($('<p>').text(words('upload.replace', { name })), {
        modal: true,
        fixed: true,
        type: 'warning',
        buttons: [
          { text: RED._('common.label.cancel'), click: answer(false) },
          { text: words('upload.replaceButton'), class: 'primary', click: answer(true) },
        ],
      });
    });

  function modelUpload({ words, size, ask, reasonOf, showProblem, chosen }) {
    const place = $('#linewatch-model-progress');
    const picker = $('#linewatch-model-file');
    const button = $('#linewatch-model-upload');

    /** Sends one file; resolves with its path on the gateway. */
    function send(file, replace, position) {
      const bar = $('<progress max="1" value="0">').attr('aria-label', words('upload.button'));
      const told = $('<span class="linewatch-muted">');
      const cancel = $('<button type="button" class="red-ui-button red-ui-button-small">').text(RED._('common.label.cancel'));
      const show = (sent) => {
        bar.val(file.size === 0 ? 1 : sent / file.size);
        // The gateway still checks the file when all of it is there.
        const key = sent >= file.size ? 'upload.checking' : 'upload.sending';
        told.text(`${words(key, { name: file.name, sent: size(sent), size: size(file.size) })}${position}`);
      };
      show(0);
      place.prop('hidden', false).empty().append(told, $('<div class="linewatch-progress">').append(bar, cancel));
      const request = ask({
        url: `linewatch/models/upload?${$.param({ path: file.name, lng: RED.i18n.lang(), ...(replace ? { replace: true } : {}) })}`,
        method: 'PUT',
        contentType: 'application/octet-stream',
        data: file,
        processData: false,
        // The editor adds its login to what goes through $.ajax.
        xhr() {
          const xhr = $.ajaxSettings.xhr();
          xhr.upload.addEventListener('progress', ({ loaded }) => show(Math.min(loaded, file.size)));
          return xhr;
        },
      });
      cancel.on('click', () => request.abort());
      return request;
    }

    async function sendAll(files) {
      let model;
      for (const [index, file] of files.entries()) {
        const data = { path: file.name, bytes: file.size, lng: RED.i18n.lang() };
        const { exists } = await ask({ url: 'linewatch/models/upload', cache: false, data });
        if (exists && !(await mayReplace(words, file.name))) continue;
        const position = files.length > 1 ? ` (${index + 1}/${files.length})` : '';
        const { path } = await send(file, exists, position);
        if (/\.onnx$/i.test(path)) model = path;
      }
      return model;
    }

    button.on('click', () => picker.trigger('click'));
    picker.on('change', async () => {
      const files = inOrder(picker[0].files);
      picker.val('');
      if (files.length === 0) return;
      button.prop('disabled', true);
      place.prop('hidden', true);
      try {
        const model = await sendAll(files);
        place.prop('hidden', true);
        if (model !== undefined) chosen(model);
      } catch (failed) {
        if (failed.statusText === 'abort') place.prop('hidden', true);
        else showProblem(place, reasonOf(failed));
      } finally {
        button.prop('disabled', false);
      }
    });
  }

  window.linewatch ??= {};
  window.linewatch.modelUpload = modelUpload;
})();
