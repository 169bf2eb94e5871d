import { BlockList, isIP } from 'node:net';
import { LinewatchError } from '../../../shared/errors.ts';

/**
 * Whether an IP address is in a list of addresses and networks (`192.168.0.10`, `192.168.0.0/24`, `fd00::/8`). An empty list
 * lets everybody in; otherwise this machine itself (loopback) needs no entry.
 * @throws LinewatchError server-allowed
 */
export function allowedClients(property: string, entries: readonly string[]): (address: string) => boolean {
  if (entries.length === 0) return () => true;
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/');
    const version = isIP(address);
    const longest = version === 6 ? 128 : 32;
    const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (version === 0 || more.length > 0 || !(prefix <= longest))
      throw new LinewatchError('server-allowed', { property, got: `"${entry}"` });
    list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
