// Command golang is a partner's whole obligation in two calls, over a client that was generated from the contract: it reads what
// happened, accepts the attempt that was sent last, and reports the outcome. It compiles only while the contract is what a client
// needs. It has a module of its own, so that the generator's dependencies are none of ours.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"tahweel/api/clients/golang/tahweel"
)

func main() {
	if err := run(context.Background(), os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	client, err := tahweel.NewClientWithResponses(getenv("TAHWEEL_API"), tahweel.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+getenv("TAHWEEL_TOKEN"))
		return nil
	}))
	if err != nil {
		return err
	}
	day, err := time.Parse(time.DateOnly, getenv("TAHWEEL_DAY"))
	if err != nil {
		return fmt.Errorf("TAHWEEL_DAY: %w", err)
	}
	attempt, version, err := lastSent(ctx, client)
	if err != nil {
		return err
	}
	accepted, err := client.AcceptAttemptWithResponse(ctx, attempt, &tahweel.AcceptAttemptParams{
		IdempotencyKey: "accept-" + attempt.String(), IfMatch: ifMatch(version),
	}, tahweel.AcceptAttemptJSONRequestBody{})
	if err != nil {
		return err
	}
	if accepted.JSON200 == nil {
		return fmt.Errorf("accept: %s", accepted.Status())
	}
	done, err := client.CompleteAttemptWithResponse(ctx, attempt, &tahweel.CompleteAttemptParams{
		IdempotencyKey: "complete-" + attempt.String(), IfMatch: ifMatch(accepted.JSON200.Version),
	}, tahweel.Completion{Outcome: "service_provided_full", NeedMet: "yes", ServiceDate: types.Date{Time: day}})
	if err != nil {
		return err
	}
	if done.JSON200 == nil {
		return fmt.Errorf("complete: %s", done.Status())
	}
	fmt.Println(done.JSON200.Id, done.JSON200.Status)
	return nil
}

// lastSent is the attempt that was sent last, and its version.
func lastSent(ctx context.Context, client *tahweel.ClientWithResponses) (uuid.UUID, int64, error) {
	limit := int64(500)
	feed, err := client.ListEventsWithResponse(ctx, &tahweel.ListEventsParams{Limit: &limit})
	if err != nil {
		return uuid.Nil, 0, err
	}
	if feed.JSON200 == nil {
		return uuid.Nil, 0, fmt.Errorf("events: %s", feed.Status())
	}
	for i := len(feed.JSON200.Items) - 1; i >= 0; i-- {
		if e := feed.JSON200.Items[i]; e.Type == "org.tahweel.attempt.sent" && e.Data.AttemptId != nil {
			return *e.Data.AttemptId, e.Data.Version, nil
		}
	}
	return uuid.Nil, 0, fmt.Errorf("nothing was sent")
}

func ifMatch(version int64) string { return fmt.Sprintf(`"%d"`, version) }
