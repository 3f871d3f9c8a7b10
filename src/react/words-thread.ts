/** What the pieces of a conversation say: messages, calls of tools, outputs, the steps of a plan that runs. */
export const threadWords = {
  /** Markdown of a model or a tool. */
  markdown: {
    table: "Table",
    done: "done",
    open: "open",
    image: (alt: string) => `[image${alt ? `: ${alt}` : ""}]`,
  },
  code: {
    copy: "Copy the code",
    label: (language: string | undefined) => (language ? `Code: ${language}` : "Code"),
  },
  copy: {
    done: "Copied",
    refused: "The browser did not let it be copied",
  },
  /** Images and files of messages and steps. */
  media: {
    list: "Images and files",
    image: "Image",
    file: "File",
    fileName: "file",
    enlarge: (name: string) => `Enlarge ${name}`,
    save: (name: string) => `Save ${name}`,
    open: (name: string, host: string) => `Open ${name} at ${host}`,
    elsewhere: (host: string) => `It is at ${host}, and is fetched when you open it`,
    close: "Close",
    text: (name: string) => `Text of ${name}`,
    size: (bytes: number) =>
      bytes < 1024
        ? `${bytes} bytes`
        : bytes < 1024 * 1024
          ? `${Math.round(bytes / 1024)} kB`
          : `${(bytes / 1024 / 1024).toFixed(1)} MB`,
  },
  sources: {
    label: "Sources",
    untitled: "Untitled source",
  },
  /** What a model thought before it spoke. */
  thinking: {
    now: "Thinking",
    done: "Thought",
    doneIn: (duration: string) => `Thought for ${duration}`,
    hidden: "What it thought is not shown by its provider.",
    label: "What the model thought",
  },
  /** What a model or an agent was told beforehand. */
  note: {
    label: (role: string) => (role === "system" ? "Instructions to the model" : `A message as “${role}”`),
  },
  /** Calls of tools. */
  calls: {
    /** Nothing has come yet. */
    waiting: "…",
    looked: "Looked around with",
    looking: "Looking around with",
    result: (tool: string) => `Result of ${tool}`,
    running: (tool: string) => `${tool} is running`,
    done: (tool: string) => `${tool} is done`,
    failed: (tool: string) => `${tool} failed`,
    open: (tool: string) => `${tool} has not come back`,
    arguments: "Arguments",
    nothing: "It returned nothing.",
    none: "It was called without arguments.",
    artifact: "What else it handed on",
    unknown: "a tool",
    soFar: "So far",
  },
  /** What a tool put out. */
  output: {
    label: "Output of the step",
    folded: "Output",
    cut: (length: number) => `[cut: ${length.toLocaleString("en")} characters in all]`,
    whole: (length: number) => `Show all ${length.toLocaleString("en")} characters`,
    fetching: "Fetching it …",
    gone: "The whole output is not kept on the server.",
    views: "How it is shown",
    raw: "Raw",
    rendered: { json: "Tree", markdown: "Rendered", diff: "Changes", text: "Text" },
    search: "Search in the output",
    searchShort: "Search",
    found: (at: number, all: string) => `${at} of ${all}`,
    notFound: "not found",
    next: "Next place",
    previous: "Place before",
    copy: "Copy the output",
    save: "Save the output as a file",
    fileName: "output",
    live: "Output so far",
    added: "added",
    removed: "removed",
  },
  tree: {
    emptyList: "(empty list)",
    empty: "(empty)",
    nothing: "(nothing)",
    size: (count: number) => `(${count})`,
    more: (count: number) => `Show ${count} more`,
    left: (count: number) => `… and ${count} more`,
  },
  stepRow: {
    link: "Copy the link to this step",
    running: (number: number) => `Step ${number} is running`,
    done: (number: number) => `Step ${number} is done`,
    failed: (number: number) => `Step ${number} failed`,
    skipped: (number: number) => `Step ${number} was skipped`,
    asking: (number: number) => `Step ${number} waits for your answer`,
    in_doubt: (number: number) => `Step ${number} may have run`,
    waiting: (number: number) => `Step ${number} waits`,
    tries: (count: number) => `try ${count}`,
    times: (from: string, to: string | null) => (to === null ? `Since ${from}` : `${from} to ${to}`),
    askedAbout: "This may have run. The question below waits for you.",
    cutOff: "Cut off while it ran: it may have done its work.",
  },
  clarified: {
    stopped: "Stopped",
    stoppedFor: (reason: string) => `Stopped: ${reason}`,
  },
};
