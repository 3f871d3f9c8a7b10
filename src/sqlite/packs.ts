import { promisify } from "node:util";
import { deflateRawSync, inflateRaw, inflateRawSync } from "node:zlib";
import type { Db } from "./connection.ts";

/** Where in which pack something is. */
export interface Place {
  pack_no: number;
  start: number;
  length: number;
}

/** Packs are inflated side by side, on other threads, when there are more than so many. */
const manyPacks = 4;

/** Bytes of packs that are kept inflated: the ends of some hundred threads. */
const keptBytes = 16 * 1024 * 1024;

/** Level 3: of what is packed here the highest takes 2 % less, and two to four times as long. */
const level = 3;

/** Many pieces to a row, compressed together: the state of a thread says much the same many times over. */
export function createPacks(db: Db) {
  const insert = db.prepare<[number, number, Buffer]>(
    "INSERT INTO packs (thread_no, size, bytes) VALUES (?, ?, ?)",
  );
  const byNo = db.prepare<[number], Buffer>("SELECT bytes FROM packs WHERE pack_no = ?").pluck();
  const kept = createCache();

  function load(packNo: number): Buffer {
    const bytes = byNo.get(packNo);
    if (bytes === undefined) throw new Error(`The store has lost pack ${packNo}.`);
    return bytes;
  }

  function read(place: Place): Buffer {
    let inflated = kept.get(place.pack_no);
    if (inflated === undefined) {
      inflated = inflateRawSync(load(place.pack_no));
      kept.set(place.pack_no, inflated);
    }
    return cut(inflated, place);
  }

  return {
    /** Writes a pack inside the caller's transaction. Returns where each piece is. */
    add(threadNo: number, pieces: readonly Uint8Array[]): Place[] {
      const whole = Buffer.concat(pieces);
      const { lastInsertRowid } = insert.run(threadNo, whole.length, deflateRawSync(whole, { level }));
      let start = 0;
      return pieces.map(({ length }) => {
        const place = { pack_no: Number(lastInsertRowid), start, length };
        start += length;
        return place;
      });
    },

    read,

    /** As `read`, of many at once. Everything is read from the database before this returns its promise. */
    readAll(places: readonly Place[]): Promise<Buffer[]> {
      const packNos = new Set(places.map((place) => place.pack_no));
      if (packNos.size <= manyPacks) return Promise.resolve(places.map(read));
      const packs = new Map<number, Buffer | Promise<Buffer>>();
      for (const packNo of packNos) packs.set(packNo, kept.get(packNo) ?? inflateAside(load(packNo)));
      return inflateAll(packs, places);
    },
  };

  async function inflateAll(packs: Map<number, Buffer | Promise<Buffer>>, places: readonly Place[]) {
    const inflated = new Map<number, Buffer>();
    const all = [...packs].map(async ([packNo, bytes]) => {
      inflated.set(packNo, await bytes);
    });
    await Promise.all(all);
    for (const [packNo, bytes] of inflated) kept.set(packNo, bytes);
    return places.map((place) => cut(inflated.get(place.pack_no) as Buffer, place));
  }
}

const inflateAside = promisify<Buffer, Buffer>(inflateRaw);

function cut(inflated: Buffer, { start, length }: Place): Buffer {
  return inflated.subarray(start, start + length);
}

/** The packs read last. A number is never given twice, so there is nothing to invalidate. */
function createCache() {
  const packs = new Map<number, Buffer>();
  let bytes = 0;
  return {
    get(packNo: number): Buffer | undefined {
      const found = packs.get(packNo);
      if (found === undefined) return undefined;
      packs.delete(packNo);
      packs.set(packNo, found);
      return found;
    },
    set(packNo: number, inflated: Buffer): void {
      if (packs.has(packNo)) return;
      packs.set(packNo, inflated);
      bytes += inflated.length;
      for (const [oldest, { length }] of packs) {
        if (bytes <= keptBytes) return;
        packs.delete(oldest);
        bytes -= length;
      }
    },
  };
}
