/** Modbus TCP through TLS, against a real TLS server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, createServer, type Server, type TlsOptions } from 'node:tls';
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { type Certificates, makeCertificates } from './certificates.ts';

describe('modbus tcp through tls', () => {
  let certificates: Certificates;
  let server: Server | undefined;
  let connection: ModbusConnection | undefined;

  before(function () {
    this.timeout(20_000);
    certificates = makeCertificates();
  });
  afterEach(async () => {
    connection?.close();
    server?.close();
    server = connection = undefined;
  });

  /** A device that answers every read of one register with 7. */
  const listen = async (options: TlsOptions) => {
    server = createServer(options, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (request) => socket.write(Buffer.from([...request.subarray(0, 4), 0, 5, request[6] as number, 3, 2, 0, 7])));
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const connect = (port: number, secure: ConnectionOptions, host = '127.0.0.1') => {
    connection = new ModbusConnection({ transport: 'tls', host, port, secure, timeoutMs: 2000 }, realClock, () => 0);
    return connection.read(1, 'holding', 0, 1).then(Array.from);
  };

  it('reads where both sides accept each other’s certificate', async () => {
    const { ca, device, client } = certificates;
    const port = await listen({ ...device, ca, requestCert: true, rejectUnauthorized: true });
    assert.deepEqual(await connect(port, { ca, ...client }), [7]);
  });

  it('takes the server name from the TLS configuration', async () => {
    const { ca, device } = certificates;
    assert.deepEqual(await connect(await listen(device), { ca, servername: 'localhost' }), [7]);
  });

  const refused: [string, keyof Certificates, ConnectionOptions, string][] = [
    ['an authority that is not known', 'stranger', {}, 'modbus-tls-authority'],
    ['a certificate that has expired', 'expired', {}, 'modbus-tls-expired'],
    ['a certificate for another name', 'device', { servername: 'pump.example' }, 'modbus-tls-name'],
  ];
  for (const [what, who, secure, code] of refused) {
    it(`does not connect with ${what}`, async () => {
      const port = await listen(certificates[who] as TlsOptions);
      await assert.rejects(connect(port, { ca: certificates.ca, ...secure }), { code });
    });
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`says that the device refuses our certificate, or the lack of one (${version})`, async () => {
      const { ca, device, stranger } = certificates;
      const port = await listen({ ...device, ca, requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version });
      await assert.rejects(connect(port, { ca }), { code: 'modbus-tls-refused' });
      connection?.close();
      // This server (Node.js) looks at it only after the handshake, and then gives no reason.
      await assert.rejects(connect(port, { ca, ...stranger }), { code: 'modbus-tls-ended' });
    });
  }

  it('says so where the other side does not speak TLS', async () => {
    const { createServer: plain } = await import('node:net');
    const plainServer = plain((socket) => socket.on('error', () => {}).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    await once(plainServer.listen(0, '127.0.0.1'), 'listening');
    await assert.rejects(connect((plainServer.address() as AddressInfo).port, {}), { code: 'modbus-tls' });
    plainServer.close();
  });

  it('says what is wrong with a key that does not belong to the certificate', async () => {
    const { ca, device, client, stranger } = certificates;
    const port = await listen(device);
    await assert.rejects(connect(port, { ca, cert: client.cert, key: stranger.key }), { code: 'modbus-tls' });
  });
});
