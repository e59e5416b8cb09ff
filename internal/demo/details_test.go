package demo

import (
	"testing"
	"time"

	"tahweel/directory"
)

// TestWhatIsSaidFollowsTheRules holds the details of the hand-written organizations against the rules for everybody's.
func TestWhatIsSaidFollowsTheRules(t *testing.T) {
	t.Parallel()
	c, err := read()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.May, 31, 8, 0, 0, 0, time.UTC)
	var services, onCall, women, alerts, transport int
	for _, o := range c.organizations {
		check := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s: %s: %v", o.Key, what, err)
			}
		}
		check("organization", directory.Organization{Kind: directory.OrganizationKind(o.Kind), Name: o.Name, Details: o.details()}.Validate())
		for _, s := range o.Services {
			services++
			d := s.details(now)
			check(s.Key, s.entry(organizationID(o.Key), now).Validate())
			for _, p := range d.Phones {
				if p.OnCall {
					onCall++
				}
			}
			women, alerts, transport = women+count(d.WomenOnly), alerts+count(d.Alert.AR != ""), transport+count(d.Transport)
			if s.emergency() != (len(d.Phones) == 2) {
				t.Errorf("%s: an emergency service is called around the clock, and no other", s.Key)
			}
			for _, at := range s.Locations {
				known := now.AddDate(0, 0, -at.AsOfDays)
				check(s.Key, directory.ServiceAtLocation{Accepting: directory.UnknownCapacity, Details: s.offerDetails(at, known)}.Validate(now))
			}
		}
	}
	if services == 0 || onCall == 0 || women == 0 || alerts == 0 || transport == 0 || alerts > services/5 {
		t.Errorf("of %d services %d are on call, %d women's, %d with an alert, %d with transport", services, onCall, women, alerts, transport)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
