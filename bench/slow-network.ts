import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Network {
  readonly roundTripMs: number;
  /** Of all connections together, in each direction. */
  readonly bytesPerSecond: number;
}

/**
 * A port of this machine that leads to another one as if a network lay between: every connection costs a round trip,
 * and so does every question. Slow start and lost packets, which real networks have besides, are left out.
 */
export async function startSlowNetwork(
  port: number,
  network: Network,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const [there, back] = [lineOf(network), lineOf(network)];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.once('close', () => sockets.delete(one));
      one.once('error', () => other.destroy());
    }
    // The handshake, which loopback does at once.
    const opened = sleep(network.roundTripMs);
    carry(near, far, there, opened);
    carry(far, near, back, opened);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** When so many bytes have arrived that are sent now, by `performance.now`. */
type Line = (bytes: number) => number;

function lineOf({ roundTripMs, bytesPerSecond }: Network): Line {
  let free = 0;
  return (bytes) => {
    free = Math.max(free, performance.now()) + (bytes * 1_000) / bytesPerSecond;
    return free + roundTripMs / 2;
  };
}

function carry(from: Socket, to: Socket, line: Line, opened: Promise<unknown>): void {
  let before = opened;
  const inTurn = (at: number, act: () => unknown) => {
    before = before.then(() => sleep(Math.max(0, at - performance.now()))).then(act);
  };
  from.on('data', (chunk) => inTurn(line(chunk.length), () => to.write(chunk)));
  from.once('end', () => inTurn(line(0), () => to.end()));
}
