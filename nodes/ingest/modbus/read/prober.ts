import type { Clock } from '../../../shared/clock.ts';
import { asLinewatchError } from '../../../shared/errors.ts';
import type { UnitSettings } from '../link/unit-settings.ts';
import { qualityOf } from '../protocol/fault.ts';
import type { Reader } from '../protocol/request.ts';
import type { Tag } from '../tag/tag.ts';
import type { Holes, Probe } from './holes.ts';
import { planReads, type ReadRequest } from './read-plan.ts';

interface ProberOptions {
  reader: Reader;
  unit: number;
  tags: readonly Tag[];
  settings: UnitSettings;
  clock: Clock;
  holes: Holes;
}

/** Asks again for what a unit refused: one request beside a scan, whose values nobody waits for. Where it is answered, the next scan asks for it. */
export class Prober {
  readonly #options: ProberOptions;
  #isProbing = false;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  probeIfDue(): void {
    const { clock, holes } = this.#options;
    const probe = this.#isProbing ? undefined : holes.due(clock.elapsed());
    if (probe === undefined) return;
    this.#isProbing = true;
    const release = clock.hold();
    void this.#probe(probe).finally(() => {
      this.#isProbing = false;
      release();
    });
  }

  async #probe(probe: Probe): Promise<void> {
    const { reader, unit, clock, holes } = this.#options;
    const request = probe.kind === 'range' ? requestFor(probe.hole) : this.#longRequest(probe);
    let isAnswered = false;
    if (request !== undefined) {
      try {
        await reader.read(unit, request.area, request.address, request.length);
        holes.answered(request);
        isAnswered = true;
      } catch (thrown) {
        // A link that is gone says nothing of the address; a unit that falls silent at it does.
        if (qualityOf(asLinewatchError(thrown)) === 'BadNotConnected') return;
      }
    }
    holes.probed(probe, isAnswered, clock.elapsed());
  }

  /** The longest request that there would be without the limit, where it is long enough to tell. */
  #longRequest({ area, length }: Probe & { kind: 'length' }): ReadRequest | undefined {
    const { tags, settings, holes } = this.#options;
    let longest: ReadRequest | undefined;
    for (const request of planReads(tags, settings, { refused: holes.refused }).requests) {
      if (request.area === area && request.length >= (longest?.length ?? length)) longest = request;
    }
    return longest && { ...longest, mayReadPast: false };
  }
}

const requestFor = ({ area, first, last }: { area: Tag['area']; first: number; last: number }): ReadRequest => ({
  area,
  address: first,
  length: last - first + 1,
  tags: [],
  mayReadPast: false,
});
