/** Who the letters are from; read when a letter is sent. */
export const sender = (): string => process.env.SENDER ?? "nobody";
