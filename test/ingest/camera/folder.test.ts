import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FolderOptions, folderSource } from '../../../nodes/ingest/camera/folder.ts';
import { repeatSource } from '../../../nodes/ingest/camera/repeat.ts';
import type { PictureSource } from '../../../nodes/ingest/camera/source.ts';
import { FastClock } from '../../../nodes/shared/fast-clock.ts';
import { jpeg, markOf } from './pictures.ts';

describe('a watched folder', () => {
  let folder: string;
  let clock: FastClock;
  let source: PictureSource;
  const put = (name: string, body: Buffer | string = jpeg(1), ageS = 0) => {
    const path = join(folder, name);
    writeFileSync(path, body);
    utimesSync(path, 1_700_000_000 - ageS, 1_700_000_000 - ageS);
    return path;
  };
  const open = (more: Partial<FolderOptions> = {}) =>
    folderSource({ folder, after: 'leave', existing: 'send', journal: join(folder, '.state', 'sent'), limitMb: 1, ...more }, clock);
  /** Marks of all pictures that come within the time; errors by their code. */
  const during = async (ms: number): Promise<(number | string)[]> => {
    const came: (number | string)[] = [];
    const end = clock.elapsed() + ms;
    while (clock.elapsed() < end) {
      try {
        for (let picture = await source.next(false); picture !== undefined; picture = await source.next(false)) {
          came.push(markOf(picture.bytes));
          await picture.sent?.();
        }
      } catch (thrown) {
        came.push((thrown as { code: string }).code);
      }
      await clock.runUntil(clock.now() + 100);
    }
    return came;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linewatch-camera-'));
    clock = new FastClock(Date.UTC(2026, 0, 1));
    source = open();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives its pictures once, the oldest first', async () => {
    put('b.jpg', jpeg(2), 20);
    put('a.jpg', jpeg(3), 10);
    put('c.JPEG', jpeg(1), 30);
    assert.deepEqual(await during(3000), [1, 2, 3]);
    put('d.jpg', jpeg(4));
    assert.deepEqual(await during(3000), [4]);
    put('d.jpg', jpeg(5), 5);
    assert.deepEqual(await during(3000), [5], 'written anew, it is another picture');
  });

  it('sends none again after a restart, and those that came meanwhile', async () => {
    put('a.jpg', jpeg(1), 20);
    assert.deepEqual(await during(2000), [1]);
    put('b.jpg', jpeg(2), 40);
    source = open();
    assert.deepEqual(await during(2000), [2]);
    source = open();
    assert.deepEqual(await during(2000), []);
  });

  it('remembers what was sent of a share that is not mounted for a while', async () => {
    put('a.jpg', jpeg(1));
    assert.deepEqual(await during(2000), [1]);
    renameSync(join(folder, 'a.jpg'), join(folder, 'away'));
    source = open();
    assert.deepEqual(await during(2000), []);
    renameSync(join(folder, 'away'), join(folder, 'a.jpg'));
    assert.deepEqual(await during(2000), []);
  });

  it('passes over what a power cut left of its journal', async () => {
    put('a.jpg', jpeg(1));
    await during(2000);
    writeFileSync(join(folder, '.state', 'sent'), '\n["b.jp', { flag: 'a' });
    renameSync(join(folder, 'a.jpg'), join(folder, 'away'));
    source = open();
    assert.deepEqual(await during(1000), []);
    put('b.jpg', jpeg(2));
    assert.deepEqual(await during(2000), [2]);
    source = open();
    assert.deepEqual(await during(2000), [], 'and it spoils no line behind it');
  });

  it('keeps its journal short where a camera writes over its picture again and again', async () => {
    for (let turn = 1; turn <= 1200; turn++) {
      put('latest.jpg', jpeg(turn & 127), turn);
      await source.next(false);
      await clock.runUntil(clock.now() + 500);
      await (await source.next(false))?.sent?.();
      await clock.runUntil(clock.now() + 500);
    }
    const lines = readFileSync(join(folder, '.state', 'sent'), 'utf8').split('\n').length;
    assert.ok(lines > 100 && lines < 1100, `${lines} lines`);
  });

  it('says once that nothing can be noted, and still sends each picture once, or skips those of the beginning', async () => {
    writeFileSync(join(folder, '.state'), 'a file where the folder should be');
    for (const mark of [1, 2, 3]) put(`${mark}.jpg`, jpeg(mark), 10 - mark);
    source = open({ existing: 'skip' });
    assert.deepEqual(await during(3000), ['state-unwritten']);
    put('4.jpg', jpeg(4));
    assert.deepEqual(await during(3000), [4]);
    source = open();
    const came = await during(3000);
    assert.deepEqual(
      came.filter((one) => typeof one === 'number'),
      [1, 2, 3, 4],
    );
    assert.equal(came.length, 5);
  });

  it('leaves a picture that was written over while its forerunner was sent', async () => {
    for (const after of ['move', 'delete'] as const) {
      source = open({ after });
      put('a.jpg', jpeg(1), 20);
      await source.next(false);
      await clock.runUntil(clock.now() + 600);
      const picture = await source.next(false);
      put('a.jpg', jpeg(2), 10);
      await picture?.sent?.();
      assert.deepEqual(await during(2000), [2], after);
    }
  });

  it('ends a look that is under way when it is closed', async () => {
    for (let number = 0; number < 3000; number++) writeFileSync(join(folder, `${number}.jpg`), '');
    const looking = source.next(false);
    await source.close();
    const start = performance.now();
    assert.equal(await looking, undefined);
    const closedMs = performance.now() - start;
    const again = performance.now();
    await open().next(false);
    assert.ok(closedMs < (performance.now() - again) / 2, `${closedMs} ms`);
  });

  it('skips what is there at first where it is told to, and only then', async () => {
    put('a.jpg', jpeg(1));
    source = open({ existing: 'skip' });
    assert.deepEqual(await during(2000), []);
    put('b.jpg', jpeg(2));
    source = open({ existing: 'skip' });
    assert.deepEqual(await during(2000), [2]);
  });

  it('waits for a picture that is still being written, and for one that is half there', async () => {
    const whole = jpeg(1, 64, 48, 2000);
    put('a.jpg', whole.subarray(0, 900));
    assert.deepEqual(await during(3000), []);
    put('a.jpg', whole, 1);
    assert.deepEqual(await during(2000), [1]);
  });

  it('says so, once, of what is no picture in the end, and goes on', async () => {
    put('half.jpg', jpeg(1).subarray(0, 100), 50);
    put('text.jpg', 'hello', 40);
    put('empty.png', '', 30);
    put('large.jpg', Buffer.alloc(2 ** 20 + 1), 20);
    put('good.jpg', jpeg(7), 10);
    const came = await during(20_000);
    assert.deepEqual(came.toSorted(), [7, 'camera-file-cut', 'camera-file-kind', 'camera-file-kind', 'camera-file-too-large'].toSorted());
    assert.equal(came.indexOf(7) < came.indexOf('camera-file-cut'), true, 'others do not wait for them');
    assert.equal(readdirSync(folder).length, 6, 'all stays');
  });

  it('moves what was sent into done, beside what is there already', async () => {
    source = open({ after: 'move' });
    put('a.jpg', jpeg(1));
    assert.deepEqual(await during(2000), [1]);
    put('a.jpg', jpeg(2));
    await clock.runUntil(clock.now() + 1000);
    await source.next(false);
    await clock.runUntil(clock.now() + 1000);
    const picture = await source.next(false);
    assert.equal(picture?.filename, join(folder, 'done', 'a-20231114221320000.jpg'));
    assert.deepEqual(readdirSync(join(folder, 'done')), ['a.jpg'], 'not before it was sent');
    await picture?.sent?.();
    assert.deepEqual(readdirSync(join(folder, 'done')).sort(), ['a-20231114221320000.jpg', 'a.jpg']);
  });

  it('deletes what was sent', async () => {
    source = open({ after: 'delete' });
    put('a.jpg');
    assert.deepEqual(await during(2000), [1]);
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.startsWith('.')),
      [],
    );
  });

  it('sends one that can not be moved once, and says why it stays', async () => {
    writeFileSync(join(folder, 'done'), 'a file where the folder should be');
    source = open({ after: 'move' });
    put('a.jpg');
    const came = await during(3000);
    assert.deepEqual(came, [1, 'camera-file-kept']);
    source = open({ after: 'move' });
    assert.deepEqual(await during(3000), []);
  });

  it('follows no links and enters no folders', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'linewatch-outside-'));
    try {
      writeFileSync(join(outside, 'x.jpg'), jpeg(9));
      symlinkSync(join(outside, 'x.jpg'), join(folder, 'link.jpg'));
      symlinkSync(outside, join(folder, 'folder.jpg'));
      source = open({ after: 'delete' });
      assert.deepEqual(await during(3000), []);
      assert.deepEqual(readdirSync(outside), ['x.jpg']);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('gives who asks a picture that has just come', async () => {
    put('a.jpg', jpeg(4));
    let picture: Awaited<ReturnType<PictureSource['next']>>;
    const asking = source.next(true).then((came) => {
      picture = came;
    });
    for (let turn = 0; turn < 20 && picture === undefined; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.runUntil(clock.now() + 100);
    }
    await asking;
    assert.equal(markOf(picture?.bytes as Buffer), 4);
  });

  it('that is not there is said so', async () => {
    source = open({ folder: join(folder, 'none') });
    assert.deepEqual(await during(300), ['camera-folder']);
  });
});

describe('pictures repeated for trying', () => {
  const folder = mkdtempSync(join(tmpdir(), 'linewatch-camera-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('come in the order of their names, round and round; or are one and the same', async () => {
    const empty = repeatSource(folder, 1);
    await assert.rejects(empty.next(false), { code: 'camera-no-pictures' });
    for (const mark of [1, 2, 3]) writeFileSync(join(folder, `${mark}.jpg`), jpeg(mark));
    const marks = async (source: PictureSource) => {
      const came: number[] = [];
      for (let turn = 0; turn < 5; turn++) came.push(markOf((await source.next(false))?.bytes as Buffer));
      return came;
    };
    assert.deepEqual(await marks(repeatSource(folder, 1)), [1, 2, 3, 1, 2]);
    assert.deepEqual(await marks(repeatSource(join(folder, '2.jpg'), 1)), [2, 2, 2, 2, 2]);
    await assert.rejects(repeatSource(join(folder, 'no.jpg'), 1).next(false), { code: 'camera-folder' });
    writeFileSync(join(folder, 'x.png'), 'x');
    await assert.rejects(repeatSource(join(folder, 'x.png'), 1).next(false), { code: 'camera-file-kind' });
    await assert.rejects(repeatSource('/dev/zero', 1).next(false), { code: 'camera-folder' });
  });
});
