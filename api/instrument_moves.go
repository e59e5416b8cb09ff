package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"tahweel/mou"
	"tahweel/policy"
)

type instrumentMoveInput[B any] struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the instrument."`
	Body B
}

// registerInstrumentMove registers POST /v1/instruments/{id}/<move>.
func registerInstrumentMove[B any](
	s *shell, t mou.Transition, summary, description string, example any, run func(context.Context, policy.Actor, mou.Move, B) (mou.Result, error),
) {
	name := strings.ReplaceAll(string(t), "_", "-")
	register(s, operation{
		id: name + "-instrument", method: http.MethodPost, path: "/v1/instruments/{id}/" + name, tag: "instruments", scope: "mou.manage",
		summary: summary, description: description, request: example, response: exampleInstrument,
	}, func(ctx context.Context, in *instrumentMoveInput[B]) (*entity[FullInstrument], error) {
		result, err := run(ctx, actorOf(ctx), mou.Move{ID: in.ID, Version: in.version, Once: in.once(ctx)}, in.Body)
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, result.Version, instrumentOf(result.Instrument), result.Replayed)
	})
}

// bare is a move that carries nothing.
func bare(run func(context.Context, policy.Actor, mou.Move) (mou.Result, error)) func(context.Context, policy.Actor, mou.Move, *Nothing) (mou.Result, error) {
	return func(ctx context.Context, a policy.Actor, m mou.Move, _ *Nothing) (mou.Result, error) {
		return run(ctx, a, m)
	}
}

// instrumentMoves is every transition of an instrument.
func (s *shell) instrumentMoves(store *mou.Store) {
	registerInstrumentMove(s, mou.Propose, "Propose a draft", "The organization can read it and comes to an agreement on it.", nil, bare(store.Propose))
	registerInstrumentMove(s, mou.Withdraw, "Take a proposal back", "It is a draft again.", nil, bare(store.Withdraw))
	registerInstrumentMove(s, mou.Sign, "Sign", "The ministry signs last. For a signatory who neither drafted nor changed it.",
		Signature{LetterNumber: "MoSD/1044/2026", DocumentSHA256: make([]byte, 32)},
		func(ctx context.Context, a policy.Actor, m mou.Move, b Signature) (mou.Result, error) {
			return store.Sign(ctx, a, m, mou.Signature{LetterNumber: b.LetterNumber, DocumentSHA256: b.DocumentSHA256})
		})
	registerInstrumentMove(s, mou.EnterIntoForce, "Put into force",
		"It permits from its first day on. If it amends another instrument, that one expires in the same moment.", nil, bare(store.EnterIntoForce))
	registerInstrumentMove(s, mou.Suspend, "Suspend", "Nothing new is sent under it from now on.", InstrumentSuspension{Kind: "administrative", Reason: "Annual report overdue."},
		func(ctx context.Context, a policy.Actor, m mou.Move, b InstrumentSuspension) (mou.Result, error) {
			return store.Suspend(ctx, a, m, mou.SuspensionKind(b.Kind), b.Reason)
		})
	registerInstrumentMove(s, mou.Resume, "Lift a suspension", "It permits again.", nil, bare(store.Resume))
	registerInstrumentMove(s, mou.Expire, "Close an instrument that has ended", "Only once its last day has passed; what is under way goes on.", nil, bare(store.Expire))
	registerInstrumentMove(s, mou.Terminate, "Terminate", "It ends before its time and never permits again.", Termination{ForCause: false, Reason: "By agreement of both."},
		func(ctx context.Context, a policy.Actor, m mou.Move, b Termination) (mou.Result, error) {
			return store.Terminate(ctx, a, m, b.ForCause, b.Reason)
		})
}
