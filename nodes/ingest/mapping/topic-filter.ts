/**
 * Whether a topic passes a filter with MQTT's wildcards (MQTT 5, 4.7): `+` is one level, `#` at the end is all the rest, its parent included.
 * Topics that begin with $ pass no filter that begins with a wildcard. An empty filter lets everything pass.
 */
export function topicMatches(filter: string, topic: string): boolean {
  if (filter === '') return true;
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (let at = 0; at < wanted.length; at++) {
    if (wanted[at] === '#' && at === wanted.length - 1) return true;
    if (at >= levels.length || (wanted[at] !== '+' && wanted[at] !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}
