/** What the page says around the conversation: the door, the inbox. */
export const pageWords = {
  /** The page as a whole. */
  app: {
    unreachable: "The server does not answer. Trying again…",
    skip: "Skip to the content",
    inbox: "Inbox",
    newChat: "New chat",
    chat: "Chat",
  },
  /** The door of a server that was started with a token. */
  login: {
    title: "Countersign",
    token: "Token of this server (COUNTERSIGN_TOKEN)",
    submit: "Log in",
    ended: "Your login has ended",
    nothingIsLost: "Log in again, and go on where you were: nothing that you have written is lost.",
    failed: "Could not log in. Try again.",
    noServer: "The server did not answer. Try again in a moment.",
  },
  /** Under which name the person decides. */
  name: {
    title: "What is your name?",
    why: "Your decisions carry it: whoever looks later sees who approved what.",
    label: "Your name",
    start: "Start",
    save: "Save",
  },
  /** How the inbox makes itself heard. */
  inbox: {
    notify: "Notify me",
    notifyHint: "Notifications of new questions while this page is hidden",
    notifyRefused: "The browser has been told not to show notifications: change it there",
    sound: "Sound",
    soundHint: "A short tone when a question opens",
  },
};
