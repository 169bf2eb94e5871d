// In the dialog of interpret: with "as the manifest says", the fields of the task that the chosen model's manifest names.
(() => {
  window.linewatch ??= {};
  if (window.linewatch.interpretTask) return;

  /** Writes the task that is meant into the hidden field, by which the dialog shows its fields; 'unknown' where the manifest names none. */
  function interpretTask(node) {
    const shown = $('#node-input-shownTask');
    const said = $('#linewatch-interpret-said');
    let described = '';
    const apply = () => {
      const task = $('#node-input-task').val();
      shown.val(task === 'auto' ? described || 'unknown' : task).trigger('change');
      const words = described && task === 'auto' ? node._('interpret.hint.said', { task: node._(`interpret.task.${described}`) }) : '';
      said.text(words).toggle(words !== '');
    };
    const ask = () => {
      const model = RED.nodes.node($('#node-input-model').val());
      const path = String(model?.path ?? '').trim();
      described = '';
      apply();
      if (path === '') return;
      $.ajax({ url: 'linewatch/models/describe', data: { path, id: model.id, lng: RED.i18n.lang() }, cache: false }).done(({ task }) => {
        const known = $('#node-input-task option')
          .get()
          .map(({ value }) => value);
        described = task !== 'auto' && known.includes(task) ? task : '';
        apply();
      });
    };
    $('#node-input-task').on('change', apply);
    $('#node-input-model').on('change', ask);
    ask();
  }

  window.linewatch.interpretTask = interpretTask;
})();
