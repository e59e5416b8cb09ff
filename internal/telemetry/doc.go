// Package telemetry is what the program tells its operators about itself: which keys a log line may have, metrics for Prometheus,
// and traces for OpenTelemetry. None of them carries anything of a person: no name, no text, no path, no query, no parameter of a
// statement. It imports nothing of ours.
package telemetry
