export function findPostgres(): string | null;
export function startPostgres(): Promise<{ url: string; stop(): Promise<void> } | null>;
