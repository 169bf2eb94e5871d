import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { basicAuthorization, DigestAnswer, parseChallenges, strongestDigest } from '../../../nodes/ingest/camera/digest.ts';

const responseOf = (header: string) => /response="([0-9a-f]+)"/.exec(header)?.[1];

/** RFC 7616, 3.9.1: one login, offered with both algorithms. */
const rfc7616 = {
  login: { user: 'Mufasa', password: 'Circle of Life' },
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  challenge: (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
};

describe('the login by digest', () => {
  for (const [algorithm, expected] of [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const) {
    it(`answers the example of RFC 7616, 3.9.1, with ${algorithm}`, () => {
      const [challenge] = parseChallenges(rfc7616.challenge(algorithm));
      assert.ok(challenge);
      const header = new DigestAnswer(challenge, rfc7616.login, () => rfc7616.cnonce).authorize('GET', '/dir/index.html');
      assert.equal(responseOf(header), expected);
      assert.match(header, /^Digest username="Mufasa", realm="http-auth@example\.org", uri="\/dir\/index\.html"/);
      assert.match(header, /nc=00000001, .*qop=auth, .*opaque="FQhe/);
    });
  }

  it('answers the example of RFC 2617, 3.5, which RFC 7616 kept', () => {
    const [challenge] = parseChallenges(
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    );
    assert.ok(challenge);
    const answer = new DigestAnswer(challenge, { user: 'Mufasa', password: 'Circle Of Life' }, () => '0a4f113b');
    assert.equal(responseOf(answer.authorize('GET', '/dir/index.html')), '6629fae49393a05397450978507c4ef1');
  });

  it('answers a server of RFC 2069, which knows no qop', () => {
    // The example of RFC 2069, 2.4, with the response that its errata 749 gives.
    const [challenge] = parseChallenges(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    );
    assert.ok(challenge);
    const header = new DigestAnswer(challenge, { user: 'Mufasa', password: 'CircleOfLife' }, () => 'x').authorize('GET', '/dir/index.html');
    assert.equal(responseOf(header), '1949323746fe6a43ef61f9606e7febea');
    assert.doesNotMatch(header, /qop|cnonce|nc=/);
  });

  it('takes names, passwords and realms in UTF-8, byte for byte', () => {
    // A header field comes and goes as latin1, a sign for each byte.
    const bytes = (text: string) => Buffer.from(text).toString('latin1');
    const [challenge] = parseChallenges(bytes('Digest realm="车间", nonce="n"'));
    assert.ok(challenge);
    const header = new DigestAnswer(challenge, { user: '操作员', password: 'Schlüssel' }, () => 'c').authorize('GET', '/');
    assert.ok(header.startsWith(bytes('Digest username="操作员", realm="车间"')));
    const md5 = (text: string) => createHash('md5').update(text, 'utf8').digest('hex');
    assert.equal(responseOf(header), md5(`${md5('操作员:车间:Schlüssel')}:n:${md5('GET:/')}`));
  });

  it('counts the requests that share a nonce', () => {
    const [challenge] = parseChallenges(rfc7616.challenge('SHA-256'));
    assert.ok(challenge);
    const answer = new DigestAnswer(challenge, rfc7616.login, () => 'c');
    const headers = [answer.authorize('GET', '/'), answer.authorize('GET', '/')];
    assert.deepEqual(
      headers.map((header) => /nc=(\w+)/.exec(header)?.[1]),
      ['00000001', '00000002'],
    );
    assert.notEqual(responseOf(headers[0] as string), responseOf(headers[1] as string));
  });

  it('hashes the user name where the server asks for it', () => {
    const [challenge] = parseChallenges('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, userhash=true');
    assert.ok(challenge);
    const header = new DigestAnswer(challenge, { user: 'Jäsøn Doe', password: 'p' }, () => 'c').authorize('GET', '/');
    assert.doesNotMatch(header, /Doe/);
    assert.match(header, /userhash=true/);
  });

  it('reads several challenges in one header, and takes the strongest that it knows', () => {
    const challenges = parseChallenges(
      `Basic realm="a, b", ${rfc7616.challenge('MD5')}, ${rfc7616.challenge('SHA-256')}, Digest realm="x", nonce="y", algorithm=WHIRLPOOL, Negotiate`,
    );
    assert.deepEqual(
      challenges.map(({ scheme }) => scheme),
      ['basic', 'digest', 'digest', 'digest', 'negotiate'],
    );
    assert.equal(challenges[0]?.parameters.realm, 'a, b');
    assert.equal(strongestDigest(challenges)?.parameters.algorithm, 'SHA-256');
    assert.equal(strongestDigest([]), undefined);
  });

  it('encodes a basic login as RFC 7617, 2.1, does in UTF-8', () => {
    assert.equal(basicAuthorization({ user: 'test', password: '123£' }), 'Basic dGVzdDoxMjPCow==');
  });
});
