import type { Asker } from "./asker.ts";
import type { TerminalContext } from "./context.ts";
import type { Conversation, Moment } from "./conversation.ts";
import { createKeyAsker, type KeyAsker } from "./key-asker.ts";
import { wrap } from "./layout.ts";
import { createLineAsker } from "./line-asker.ts";
import { type Canvas, renderBlock } from "./render.ts";
import { renderLive } from "./render-live.ts";
import { toPlain } from "./safe-text.ts";
import { createScreen } from "./screen.ts";
import { createStyle } from "./style.ts";
import { printable, toBlocks } from "./timeline.ts";

/** What a person sees of a conversation, and how they are asked. */
export interface View {
  isInteractive: boolean;
  asker: Asker;
  canvas(): Canvas;
  /** Prints for good. */
  say(lines: readonly string[]): void;
  close(): void;
}

/** Ms between two pictures while something moves. */
const frameMs = 100;

/** @param greeting - Printed above everything else. */
export function createView(
  conversation: Conversation,
  { stdin, stdout, env }: TerminalContext,
  greeting: string,
): View {
  const isInteractive = stdin.isTTY === true && stdout.isTTY === true && env.TERM !== "dumb";
  const screen = createScreen(stdout, isInteractive);
  const style = createStyle(stdout, env);
  const canvas = (): Canvas => ({ width: screen.width(), style });
  const printed = new Set<string>();
  let toldError: string | null = null;
  let isClosed = false;
  let isAway = false;
  let timer: NodeJS.Timeout | undefined;

  const paintSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      paint([]);
    }, frameMs / 4);
  };
  const keys: KeyAsker | undefined = isInteractive
    ? createKeyAsker({
        stdin,
        env,
        changed() {
          isAway = false;
          paint([]);
        },
        leave() {
          isAway = true;
          screen.leave();
        },
      })
    : undefined;
  const lines = keys === undefined ? createLineAsker(stdin, (line) => say([line])) : undefined;

  /** Everything that has become final since the last picture, and below it what is still moving. */
  function paint(extra: readonly string[]): void {
    if (isClosed || isAway) return;
    const moment = conversation.now();
    const now = canvas();
    const blocks = toBlocks(moment);
    const fresh: string[] = [];
    for (const block of printable(blocks)) {
      if (printed.has(block.key)) continue;
      printed.add(block.key);
      fresh.push(...renderBlock(block, now));
    }
    fresh.push(...errorLines(moment));
    if (keys === undefined) {
      screen.draw([...fresh, ...extra], []);
      return;
    }
    const live = renderLive(moment, blocks, { ...now, height: screen.height() });
    const prompt = keys.draw(now);
    const shown = prompt.lines.length > 0 ? ["", ...prompt.lines] : [];
    const above = [...live, ...shown].map((line) => line);
    const offset = live.length + 1;
    const cursor = prompt.cursor && { row: prompt.cursor.row + offset, column: prompt.cursor.column };
    screen.draw([...fresh, ...extra], above, ...(cursor ? [cursor] : []));
  }

  function errorLines({ error }: Moment): string[] {
    const isNews = error !== null && error !== toldError;
    toldError = error;
    return isNews ? wrap(`✗ ${toPlain(error)} /go tries again.`, screen.width(), 2).map(style.bad) : [];
  }

  function say(text: readonly string[]): void {
    paint(text.flatMap((line) => wrap(line, screen.width())));
  }

  const unsubscribe = conversation.subscribe(paintSoon);
  const ticking = isInteractive
    ? setInterval(() => {
        if (conversation.now().isLoading) paint([]);
      }, frameMs)
    : undefined;
  const resized = () => paint([]);
  stdout.on("resize", resized);
  screen.draw(wrap(greeting, screen.width()).map(style.dim), []);

  return {
    isInteractive,
    asker: (keys ?? lines) as Asker,
    canvas,
    say,
    close() {
      if (isClosed) return;
      paint([]);
      isClosed = true;
      clearTimeout(timer);
      clearInterval(ticking);
      unsubscribe();
      stdout.off("resize", resized);
      screen.leave();
      keys?.close();
      lines?.close();
    },
  };
}
