package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// Lives are the lifecycles of this package by their table of moves: status, event, next status.
var Lives = map[string][][3]string{
	"survey_campaign":           moves(campaignLife),
	"survey_entry":              moves(entryLife),
	"accreditation_application": moves(life),
	"accreditation_appeal":      moves(appealLife),
}

func moves[S, E ~string](life map[S]map[E]S) (list [][3]string) {
	for from, events := range life {
		for e, to := range events {
			list = append(list, [3]string{string(from), string(e), string(to)})
		}
	}
	return list
}

// Known reports what Next says of each pair.
func Known(life, status, event string) bool {
	var err error
	switch life {
	case "survey_campaign":
		_, err = CampaignStatus(status).Next(CampaignEvent(event))
	case "survey_entry":
		_, err = EntryStatus(status).Next(EntryEvent(event))
	case "accreditation_application":
		_, err = Status(status).Next(Event(event))
	case "accreditation_appeal":
		_, err = AppealStatus(status).Next(AppealEvent(event))
	}
	return err == nil
}

// HandAppealBackUnbarred and HandBackUnbarred are the broken variants of Store.HandAppealBack and Store.HandBack, which ask nobody who they
// are; WithdrawAppealForAnybody is that of Store.WithdrawAppeal.
func (s *Store) HandAppealBackUnbarred(ctx context.Context, actor policy.Actor, m Move) (Written[Appeal], error) {
	return s.movedAppeal(ctx, deciding(actor, "appeal.hand_back", m), m.Version, HandAppealBack, func(_ pg.Querier, a *Appeal, _ time.Time) error {
		a.AppealRuling, a.SignedBy = AppealRuling{}, uuid.Nil
		return nil
	})
}

// HandBackUnbarred, see HandAppealBackUnbarred.
func (s *Store) HandBackUnbarred(ctx context.Context, actor policy.Actor, m Move, _ string) (Written[Application], error) {
	return s.moved(ctx, deciding(actor, "application.hand_back", m), m.Version, HandBack, func(pg.Querier, *Application, time.Time) error { return nil })
}

// WithdrawAppealForAnybody, see HandAppealBackUnbarred.
func (s *Store) WithdrawAppealForAnybody(ctx context.Context, actor policy.Actor, m Move) (Written[Appeal], error) {
	return s.movedAppeal(ctx, applying(actor, "appeal.withdraw", m.ID, m.Once), m.Version, WithdrawAppeal, func(pg.Querier, *Appeal, time.Time) error { return nil })
}
