// The dialog of "image": what its preset says, and a picture as it came beside what the model sees of it.
(() => {
  window.linewatch = window.linewatch ?? {};
  if (window.linewatch.imagePreview) return;

  const FIELDS =
    'width height picture region regionX regionY regionWidth regionHeight regionUnit regionProperty tiles overlap fit cropPercent'
      .concat(
        ' multipleOf most background kernel colour values scale mean deviation elementType layout preset model mostMegapixels mostMegabytes',
      )
      .concat(' timeoutSeconds damaged')
      .split(' ');
  /** After the last key, until the preview is made anew. */
  const PAUSE_MS = 400;

  let presets;
  const loadPresets = () => {
    presets ??= $.getJSON('linewatch/image/presets').fail(() => {
      presets = undefined;
    });
    return presets;
  };

  /** The name that the dialog has for how a preset makes numbers of pixels. */
  function valuesOf({ scale, mean }) {
    if (scale === 1) return 'bytes';
    if (scale > 1 / 200) return 'signed';
    return mean.some((value) => value !== 0) ? 'imagenet' : 'unit';
  }

  /** Empty fields show what the preset says. */
  function showPreset(node, text) {
    const name = linewatch.current(node, 'preset');
    $.when(loadPresets()).then((all) => {
      // jQuery gives what it got with how it went.
      const known = (Array.isArray(all) ? all[0] : all)[name];
      const side = (value) => (known ? (value === 0 ? text('placeholder.free') : value) : text('placeholder.model'));
      $('#node-input-width').attr('placeholder', side(known?.width));
      $('#node-input-height').attr('placeholder', side(known?.height));
      $('#node-input-cropPercent').attr('placeholder', known ? known.crop * 100 : '');
      $('#node-input-multipleOf').attr('placeholder', known?.multipleOf ?? '');
      $('#node-input-most').attr('placeholder', known ? known.most || text('placeholder.none') : '');
      $('#node-input-background').attr('placeholder', known ? known.background.join(', ') : '');
      // Models that take bytes get pixels as they are.
      const bytes = { uint8: 'bytes', int8: 'signedBytes' }[linewatch.current(node, 'elementType')];
      $('.linewatch-image select[data-preset]').each(function () {
        const field = $(this).attr('data-preset');
        const value = known ? (field === 'values' ? (bytes ?? valuesOf(known)) : known[field]) : undefined;
        const words = value === undefined ? '' : value === 'signedBytes' ? '−128..127' : $(this).find(`option[value="${value}"]`).text();
        $(this)
          .find('option[value=""]')
          .text(text(value === undefined ? 'asModel' : 'asPreset', { value: words }));
      });
    });
  }

  /** Call it in `oneditprepare`, after `linewatch.dialog`. `text` words a key of the node's catalogue below `image.`. */
  function imagePreview(node, text) {
    $('.linewatch-image select[data-preset]').each(function () {
      $('<option value="">').prependTo(this);
      $(this).val(node[this.id.replace('node-input-', '')] ?? '');
    });
    $('#node-input-preset, #node-input-elementType').on('change', () => showPreset(node, text));
    showPreset(node, text);

    const said = $('#linewatch-image-said');
    const pair = $('.linewatch-image-pair');
    let file;
    let isShown = false;
    let request = 0;
    const show = (preview) => {
      said.removeClass('linewatch-problem').text(
        text('preview.facts', {
          width: preview.width,
          height: preview.height,
          dims: preview.dims.join(' × '),
          type: preview.type,
        }),
      );
      const original = pair.find('.linewatch-image-original');
      original.find('img').attr('src', preview.original);
      original.find('.linewatch-image-region').remove();
      for (const { x, y, width, height } of preview.regions) {
        const percent = (part, whole) => `${(100 * part) / whole}%`;
        $('<div class="linewatch-image-region">')
          .css({
            left: percent(x, preview.width),
            top: percent(y, preview.height),
            width: percent(width, preview.width),
            height: percent(height, preview.height),
          })
          .appendTo(original);
      }
      const rows = pair
        .find('.linewatch-image-rows')
        .empty()
        .toggleClass('several', preview.rows.length > 1);
      for (const row of preview.rows) $('<img alt="">').attr('src', row).appendTo(rows);
      if (preview.regions.length > preview.rows.length) {
        $('<div class="linewatch-muted">')
          .text(text('preview.more', { count: preview.regions.length - preview.rows.length }))
          .appendTo(rows);
      }
      pair.prop('hidden', false);
    };
    const refresh = async (asked) => {
      const own = ++request;
      const settings = Object.fromEntries(FIELDS.map((field) => [field, linewatch.current(node, field)]));
      const query = new URLSearchParams({ id: node.id, settings: JSON.stringify(settings), lng: RED.i18n.lang() });
      try {
        const preview = await $.ajax({
          url: `linewatch/image/preview?${query}`,
          method: 'POST',
          data: file ?? new Blob([]),
          contentType: 'application/octet-stream',
          processData: false,
        });
        if (own !== request) return;
        isShown = preview.none === undefined;
        if (isShown) return show(preview);
        said.removeClass('linewatch-problem').text(asked ? preview.none : text('preview.none'));
        pair.prop('hidden', true);
      } catch (thrown) {
        if (own !== request) return;
        const code = thrown.responseJSON?.code;
        if (code === 'image-busy') return void setTimeout(() => own === request && refresh(asked), PAUSE_MS);
        said.addClass('linewatch-problem').text(thrown.responseJSON?.message ?? thrown.statusText);
        pair.prop('hidden', true);
      }
    };
    let timer;
    $('.linewatch-image').on('change input', '[id^="node-input-"]', () => {
      clearTimeout(timer);
      timer = setTimeout(() => (isShown || file) && document.contains(said[0]) && refresh(false), PAUSE_MS);
    });
    $('#linewatch-image-last').on('click', () => {
      file = undefined;
      refresh(true);
    });
    $('#linewatch-image-file').on('click', () => $('#linewatch-image-chosen').trigger('click'));
    $('#linewatch-image-chosen').on('change', function () {
      file = this.files[0];
      // So that the same file can be chosen again.
      this.value = '';
      if (file) refresh(true);
    });
    refresh(false);
  }

  window.linewatch.imagePreview = imagePreview;

  $('<style>')
    .text(`
.linewatch-image .form-row > span { white-space: nowrap; }
.linewatch-form.linewatch-image #node-input-queueLimit { width: 60px; flex: none; }
.linewatch-form .linewatch-image-preview { margin: 4px 0 10px; }
.linewatch-form .linewatch-image-preview > :not(.linewatch-image-pair) { margin: 0 0 4px 156px; }
.linewatch-form .linewatch-image-pair { display: flex; gap: 10px; margin-top: 6px; }
.linewatch-form .linewatch-image-pair figure { flex: 1 1 0; min-width: 0; margin: 0; }
.linewatch-form .linewatch-image-pair figcaption { font-size: 12px; color: var(--red-ui-secondary-text-color); }
.linewatch-form .linewatch-image-original { position: relative; display: inline-block; }
.linewatch-form .linewatch-image-pair img { display: block; max-width: 100%; max-height: 240px; }
.linewatch-form .linewatch-image-rows.several { display: grid; grid-template-columns: repeat(3, 1fr); gap: 3px; }
.linewatch-form .linewatch-image-region { position: absolute; box-sizing: border-box; border: 1px solid var(--red-ui-node-status-colors-green);
  outline: 1px solid rgba(0, 0, 0, 0.5); }
`)
    .appendTo(document.head);
})();
