import type { ServerResponse } from "node:http";

/**
 * A response of node:http that says that there is room again when there is. Node says so too early where the client has sent
 * requests ahead: whenever one of the later answers has something to send. Of a client that read nothing, the whole of the
 * first answer came to lie in memory.
 */
export function patientResponseClass(Base: typeof ServerResponse): typeof ServerResponse {
  return class PatientResponse extends Base {
    override emit(event: string | symbol, ...values: unknown[]): boolean {
      if (event !== "drain" || this.socket?.writableNeedDrain !== true) return super.emit(event, ...values);
      this.socket.once("drain", () => super.emit(event, ...values));
      return true;
    }
  } as typeof ServerResponse;
}
