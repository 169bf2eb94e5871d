// What only the dialog of camera in needs: addresses without a login in them, and a look at what comes.
(() => {
  const schemes = { snapshot: ['http:', 'https:'], mjpeg: ['http:', 'https:'], rtsp: ['rtsp:', 'rtsps:'] };
  const examples = {
    snapshot: 'http://192.168.0.20/snapshot.jpg',
    mjpeg: 'http://192.168.0.20/video.mjpg',
    rtsp: 'rtsp://192.168.0.20/stream1',
  };

  const parse = (text) => {
    try {
      return new URL(text);
    } catch {
      return undefined;
    }
  };

  /** @returns {'' | 'http' | 'rtsp' | 'login'} a key of `camera-in.address` for what is wrong */
  function addressProblem(source, value) {
    const text = String(value ?? '').trim();
    const wrong = source === 'rtsp' ? 'rtsp' : 'http';
    // What an environment variable gives, the gateway checks.
    if (/\$\{[^}]+\}/.test(text)) return '';
    const url = parse(text);
    if (url === undefined || !schemes[source].includes(url.protocol) || url.hostname === '') return wrong;
    return url.username !== '' || url.password !== '' ? 'login' : '';
  }

  /** An address with `user:password@` in it, as makers print it: taken apart, so that the password is kept apart from the flow. */
  function takeLoginApart(words) {
    const field = $('#node-input-url');
    const [, start, login, rest] = /^(\w+:\/\/|)([^/?#]*)@(.*)$/.exec(String(field.val()).trim()) ?? [];
    if (login === undefined) return;
    const [user, ...password] = login.split(':');
    const plain = (text) => {
      try {
        return decodeURIComponent(text);
      } catch {
        return text;
      }
    };
    field.val(start + rest).trigger('change');
    $('#node-input-user').val(plain(user));
    if (password.length > 0) $('#node-input-password').val(plain(password.join(':')));
    RED.notify(words('address.moved'), 'success');
  }

  /** The fields as they stand in the dialog. */
  function fieldsOf(node) {
    const fields = {};
    for (const name of Object.keys(node._def.defaults)) {
      const value = linewatch.current(node, name);
      // The editor's word for: no config node chosen.
      fields[name] = value === '_ADD_' ? '' : value;
    }
    return fields;
  }

  function dialog(node) {
    const words = (key, values) => node._(`camera-in.${key}`, values);
    const button = $('#linewatch-camera-look');
    const found = $('#linewatch-camera-found');
    const picture = $('#linewatch-camera-picture');
    const say = (text, isBad) => found.text(text).toggleClass('linewatch-bad', isBad === true);
    const clear = () => {
      say('');
      picture.attr('hidden', '').removeAttr('src');
    };

    const showExample = () => $('#node-input-url').attr('placeholder', examples[$('#node-input-source').val()] ?? '');
    $('#node-input-source').on('change', () => {
      showExample();
      clear();
    });
    showExample();
    $('#node-input-url').on('blur', () => takeLoginApart(words));

    button.on('click', async () => {
      takeLoginApart(words);
      button.prop('disabled', true);
      clear();
      say(words('look.waiting'));
      const credentials = { user: $('#node-input-user').val(), password: $('#node-input-password').val() };
      try {
        const answer = await $.ajax({
          url: `linewatch/camera-in/look?lng=${encodeURIComponent(RED.i18n.lang())}`,
          method: 'POST',
          contentType: 'application/json',
          data: JSON.stringify({ id: node.id, fields: fieldsOf(node), credentials }),
        });
        if (answer.error) throw { responseJSON: answer.error };
        const { type, width, height, bytes, ms, data } = answer;
        const size = width === undefined ? '' : `${width} × ${height}, `;
        say(words('look.found', { size, type: type.replace('image/', '').toUpperCase(), kb: Math.max(1, Math.round(bytes / 1000)), ms }));
        // TIFF, for one, no browser shows.
        picture.one('error', () => {
          picture.attr('hidden', '');
          say(`${found.text()} · ${words('look.notShown')}`);
        });
        picture.attr('alt', words('look.label')).attr('src', `data:${type};base64,${data}`).removeAttr('hidden');
      } catch (failure) {
        say(failure.responseJSON?.message ?? words('look.noAnswer'), true);
      }
      button.prop('disabled', false);
    });
  }

  window.linewatchCamera = { addressProblem, dialog };
})();
