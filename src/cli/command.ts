/** What a command may use of the world; a test hands it its own. */
export interface Terminal {
  environment: Readonly<Record<string, string | undefined>>
  print(line: string): void
  /** Ends when the user interrupts. */
  interrupted: AbortSignal
}

export interface Command {
  /** One line for the list of commands. */
  summary: string
  help: string
  /** Throws AppError for what the user should read and mend. */
  run(args: string[], terminal: Terminal): Promise<void>
}
