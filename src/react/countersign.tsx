import { createContext, type ReactNode, useContext, useMemo, useRef } from "react";
import { Announcer } from "./announcer.tsx";
import { type ClientOptions, type CountersignClient, createCountersignClient } from "./countersign-client.ts";

/** The address of a question (or a step) of a thread, for links to it. */
export type LinkTo = (threadId: string, id: string) => string;

export type Theme = "light" | "dark" | "system";

/** Where single keys are heard. */
export type WhereKeysHold = "page" | "inside" | "off";

export interface CountersignProps extends ClientOptions {
  /** Where a question is shown on the page. Without it questions have no links. */
  linkTo?: LinkTo | undefined;
  /** The address of a step of a plan. Without it steps have no links. */
  linkToStep?: LinkTo | undefined;
  /** The id under which the server knows who is here, such as `local:Ana`: tells them from others who look on. */
  me?: string | undefined;
  /** `system`: as the person's machine has it. Left out: as `data-theme` of an element around says, else light. */
  theme?: Theme | undefined;
  /**
   * Where single keys (`a` approves, `j` goes to the next question) are heard. `inside`, the default: while the
   * focus is in one of these components. `page`: anywhere on the page, but in no text field. `off`: nowhere.
   */
  keys?: WhereKeysHold | undefined;
  children: ReactNode;
}

interface Surroundings {
  client: CountersignClient;
  linkTo: LinkTo | undefined;
  linkToStep: LinkTo | undefined;
  me: string | undefined;
}

interface Look {
  theme: Theme | undefined;
  keys: WhereKeysHold;
}

const Context = createContext<Surroundings | null>(null);
const LookContext = createContext<Look>({ theme: undefined, keys: "page" });

/**
 * Around all parts of the page that show something of this package: which server is asked, and how it looks and
 * listens. It makes no element but one for screen readers; what is yours within it keeps its own styles. There may
 * be several on a page, of one server or of many.
 */
export function Countersign(props: CountersignProps) {
  const { apiUrl, headers, fetch, linkTo, linkToStep, me, theme, keys = "inside", children } = props;
  const latest = useRef({ headers, fetch });
  latest.current = { headers, fetch };
  const client = useMemo(
    () =>
      createCountersignClient({
        apiUrl,
        headers: () => latest.current.headers?.() ?? {},
        fetch: (input, init) => (latest.current.fetch ?? globalThis.fetch)(input, init),
      }),
    [apiUrl],
  );
  const surroundings = useMemo(() => ({ client, linkTo, linkToStep, me }), [client, linkTo, linkToStep, me]);
  const look = useMemo(() => ({ theme, keys }), [theme, keys]);
  return (
    <Context.Provider value={surroundings}>
      <LookContext.Provider value={look}>
        <Announcer>{children}</Announcer>
      </LookContext.Provider>
    </Context.Provider>
  );
}

/**
 * The server that is asked, and where questions are shown.
 *
 * @throws Error outside of {@link Countersign}
 */
export function useCountersign(): Surroundings {
  const surroundings = useContext(Context);
  if (surroundings === null) {
    throw new Error("This needs <Countersign apiUrl=…> from countersign/react around it.");
  }
  return surroundings;
}

export function useLook(): Look {
  return useContext(LookContext);
}
