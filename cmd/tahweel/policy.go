package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"tahweel/policy"
	"tahweel/referrals"
)

type policyExplainCommand struct {
	databaseFlags
	Account      uuid.UUID `help:"Account whose decision it is; without one, no role is asked about."`
	Attempt      uuid.UUID `help:"An attempt that is written; instead of it, all that follows."`
	Organization uuid.UUID `help:"To whom."`
	Directorate  uuid.UUID `help:"Whose referral; the account's own unless given."`
	Need         string    `help:"Code of the need." placeholder:"CODE"`
	Place        string    `help:"Code of the household's place." placeholder:"CODE"`
	TargetGroup  string    `help:"Code of the target group." placeholder:"CODE"`
	Purpose      string    `help:"Purpose of the referral." default:"service_provision"`
	Tier         int       `help:"Sensitivity, to raise it above that of the need."`
	Lang         string    `help:"Language of the answer." enum:"ar,en" default:"en"`
}

// Run prints the decision in words and every ground of it.
func (c policyExplainCommand) Run(ctx context.Context, p *program) (err error) {
	keys, err := c.folder().secrets()
	if err != nil {
		return err
	}
	database, err := c.start(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	db, err := database.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	answer, err := referrals.NewStore(db, keys.sealing, p.clock).Explain(ctx, policy.TheSystem(), referrals.Question{
		AccountID: c.Account, AttemptID: c.Attempt, OrganizationID: c.Organization, DirectorateID: c.Directorate, Need: c.Need, Place: c.Place,
		TargetGroup: c.TargetGroup, Purpose: c.Purpose, Tier: c.Tier,
	})
	if err != nil {
		return err
	}
	p.say("%s", answer.Sentence.In(c.Lang))
	for _, g := range answer.Grounds {
		p.say("  %s %s", map[bool]string{true: "+", false: "-"}[g.OK], g.Sentence.In(c.Lang))
	}
	if answer.Allowed {
		p.say("  %s %s", fmt.Sprint(answer.Decision.Groups.Letters()), answer.Decision.Until.UTC().Format("2006-01-02T15:04Z"))
	}
	return nil
}
