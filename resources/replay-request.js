// Asks the gateway for a replay, which answers with lines of JSON as it goes.

/**
 * @param {{ node: object, fields: object, language: string, source: { recording: true } | { path: string } | { file: File } }} request
 * @param {(progress: { sent: number } | { rows: number, of?: number }) => void} onProgress `sent`: the part of the file that has gone, 0..1
 * @returns {{ done: Promise<object>, cancel: () => void }} rejects with `{ message, cancelled }`
 */
export function requestReplay({ node, fields, language, source }, onProgress) {
  const query = { id: node.id, lng: language, fields: JSON.stringify(fields), ...(source.file && { name: source.file.name }) };
  const body = source.file
    ? { method: 'PUT', contentType: 'text/csv', data: source.file, processData: false }
    : {
        method: 'POST',
        contentType: 'application/json',
        data: JSON.stringify(source.recording ? { source: 'recording' } : { source: 'file', path: source.path }),
      };
  let read = 0;
  const lines = (text) => {
    const end = text.lastIndexOf('\n') + 1;
    const fresh = text.slice(read, end).split('\n').filter(Boolean);
    read = end;
    return fresh.map((line) => JSON.parse(line));
  };
  const request = $.ajax({
    url: `linewatch/anomaly-score/replay?${$.param(query)}`,
    ...body,
    dataType: 'text',
    // The editor adds its login to what goes through $.ajax.
    xhr() {
      const xhr = $.ajaxSettings.xhr();
      xhr.upload.addEventListener('progress', ({ loaded, total }) => onProgress({ sent: total > 0 ? loaded / total : 1 }));
      xhr.addEventListener('progress', () => {
        // What is no success is one object, and may be of a proxy.
        if (xhr.status !== 200) return;
        for (const line of lines(xhr.responseText)) if ('rows' in line) onProgress(line);
      });
      return xhr;
    },
  });
  const done = new Promise((resolve, reject) => {
    request.then(
      (text) => {
        const last = JSON.parse(text.trim().split('\n').at(-1) || '{}');
        if (last.result) resolve(last.result);
        else reject({ message: last.error?.message ?? '', cancelled: false });
      },
      (failed) => reject({ message: reasonOf(failed), cancelled: failed.statusText === 'abort' }),
    );
  });
  return { done, cancel: () => request.abort() };
}

/** The summary of what the node has recorded, null where there is nothing. */
export const askRecording = (node) => $.ajax({ url: 'linewatch/anomaly-score/recording', data: { id: node.id }, cache: false });

function reasonOf({ status, responseText }) {
  try {
    return JSON.parse(responseText).message ?? `HTTP ${status}`;
  } catch {
    return status > 0 ? `HTTP ${status}` : '';
  }
}
