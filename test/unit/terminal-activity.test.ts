import { expect, test } from "vitest";
import { followActivity } from "../../src/terminal/activity.ts";

/** A controller that says nothing of its own: only the server knows. */
function setUp() {
  const asked: ((status: string) => void)[] = [];
  const client = {
    threads: {
      get: () => new Promise((resolve) => void asked.push((status) => resolve({ status }))),
    },
  };
  const snapshot = { isLoading: false };
  const controller = {
    rootStore: { getSnapshot: () => snapshot, subscribe: () => () => {} },
    hydrate: async () => {},
  };
  type Given = Parameters<typeof followActivity>;
  const activity = followActivity({ client } as unknown as Given[0], controller as unknown as Given[1], {
    threadId: "thread",
    changed: () => {},
  });
  return { activity, asked };
}

test("what was asked of the server before an answer was sent does not end the run that the answer begins", async () => {
  const { activity, asked } = setUp();
  activity.begin();
  // The server is about to say that a question is open; meanwhile it is answered.
  activity.begin();
  asked[0]?.("interrupted");
  await expect.poll(() => asked.length).toBe(2);
  expect(activity.isOn()).toBe(true);
  asked[1]?.("busy");
  await expect.poll(() => asked.length).toBe(3);
  expect(activity.isOn()).toBe(true);
  asked[2]?.("idle");
  await expect.poll(() => activity.isOn()).toBe(false);
  activity.close();
});
