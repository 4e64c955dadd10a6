type Environment = Readonly<Record<string, string | undefined>>;

/** Where the standard OpenTelemetry variables want traces to go, or `undefined`: then nothing of OpenTelemetry is loaded. */
export function tracesUrl(environment: Environment): string | undefined {
  const own = environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
  const shared = environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  const off =
    environment["OTEL_SDK_DISABLED"]?.toLowerCase() === "true" ||
    environment["OTEL_TRACES_EXPORTER"] === "none";
  if (off) return undefined;
  // The one for traces is taken as it is, the one for all signals gets the path of traces.
  if (own !== undefined && own !== "") return own;
  return shared === undefined || shared === "" ? undefined : `${shared.replace(/\/+$/, "")}/v1/traces`;
}
