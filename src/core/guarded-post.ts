import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Why a request is not made, now or ever. */
export class RefusedAddressError extends Error {
  override readonly name = "RefusedAddressError";
}

export interface GuardedPost {
  body: string;
  headers: Record<string, string>;
  /** Hosts that may be called wherever they are: names or addresses, without a port. */
  allowHosts: ReadonlySet<string>;
  signal: AbortSignal;
  /** Resolves names. Default: the system's. */
  resolve?: Resolve;
}

/** Addresses of a name, all of them. */
export type Resolve = (host: string) => Promise<LookupAddress[]>;

/** Redirects that keep the method and the body; the other kinds ask for a GET, which a webhook is not. */
const followed = new Set([307, 308]);

const maxRedirects = 3;

/**
 * POSTs to an address that a client named, as long as it is on the open net: not this machine, not its network,
 * not its cloud's metadata. Names are resolved once, and what they resolve to is what is called. Redirects are
 * judged the same way.
 *
 * @returns The status.
 * @throws RefusedAddressError for an address that may not be called; other errors of the network as they are.
 */
export async function postGuarded(url: string, post: GuardedPost): Promise<number> {
  let target = new URL(url);
  for (let redirects = 0; ; redirects += 1) {
    refuseUrl(target, post.allowHosts);
    const { status, location } = await postOnce(target, post);
    if (!followed.has(status) || location === undefined) return status;
    if (redirects === maxRedirects) throw new RefusedAddressError(`More than ${maxRedirects} redirects.`);
    if (!URL.canParse(location, target.href)) throw new RefusedAddressError("A redirect leads to no URL.");
    target = new URL(location, target);
  }
}

/** @throws RefusedAddressError for what can be refused by its looks, before any name is resolved. */
export function refuseUrl(url: URL, allowHosts: ReadonlySet<string>): void {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new RefusedAddressError(`${url.protocol} is not http: or https:.`);
  }
  const host = hostOf(url);
  if (allowHosts.has(host)) return;
  if (isIP(host) !== 0 && isPrivate(host)) throw refused(host, host);
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function refused(host: string, address: string): RefusedAddressError {
  return new RefusedAddressError(
    `${host} is ${address}, which is not on the open net. List the host in webhooks.allowHosts to call it all the same.`,
  );
}

function postOnce(
  url: URL,
  { body, headers, allowHosts, signal, resolve: addressesOf = resolveAll }: GuardedPost,
): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? requestTls : requestPlain;
    const length = String(Buffer.byteLength(body));
    const sent: ClientRequest = send(url.href, {
      method: "POST",
      headers: { ...headers, "content-length": length },
      // A connection of its own: one that is kept could be to where the name led before.
      agent: false,
      signal,
      ...(allowHosts.has(hostOf(url)) ? {} : { lookup: lookupOpen(addressesOf) }),
    });
    sent.on("error", reject);
    sent.on("response", (response: IncomingMessage) => {
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
      response.on("error", () => {}); // what else it says is not read
      response.destroy();
    });
    sent.end(body);
  });
}

const resolveAll: Resolve = (host) => lookup(host, { all: true });

/** For a connection: what is judged is what is connected to. All addresses of a name must be on the open net. */
function lookupOpen(addressesOf: Resolve): LookupFunction {
  return (host, options, callback) => {
    addressesOf(host)
      .then((addresses) => {
        const inside = addresses.find(({ address }) => isPrivate(address));
        if (inside) throw refused(host, inside.address);
        const [first] = addresses;
        if (first === undefined) throw new Error(`${host} has no address.`);
        if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      })
      .catch((error: Error) => callback(error, "", 0));
  };
}

/** Everything that is not for everybody, by IANA's registries of special-purpose addresses. */
const special = new BlockList();
for (const [address, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  special.addSubnet(address, prefix, "ipv4");
}

/** The part of IPv6 that is for everybody, but for what leads to IPv4 or stands in documents. */
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
const special6 = new BlockList();
for (const [address, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  special6.addSubnet(address, prefix, "ipv6");
}

function isPrivate(address: string): boolean {
  const plain = address.replace(/%.*$/, "");
  if (isIP(plain) === 4) return special.check(plain, "ipv4");
  return !global6.check(plain, "ipv6") || special6.check(plain, "ipv6");
}
