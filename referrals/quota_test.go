package referrals_test

import (
	"testing"

	"tahweel/referrals"
)

// TestWhatAPlaceInAQuotaIsWorth: an end gives the open place back; the month's too where nobody was served. A month has its own.
func TestWhatAPlaceInAQuotaIsWorth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.quota(t, 2)
	w.Exec(t, `ALTER TABLE instrument_quota DISABLE TRIGGER USER`)
	w.Exec(t, `INSERT INTO instrument_quota (id, term_id, directorate_id, period, cap) VALUES (gen_random_uuid(), $1, $2, 'month', 10), (gen_random_uuid(), $1, $3, 'month', 1)`, w.term, w.hebron, w.gaza)
	w.Exec(t, `ALTER TABLE instrument_quota ENABLE TRIGGER USER`)
	used := func() [2]int {
		return [2]int{
			w.count(t, `SELECT coalesce(sum(used), 0) FROM instrument_quota_use WHERE starts_on = '1970-01-01'`),
			w.count(t, `SELECT coalesce(sum(used), 0) FROM instrument_quota_use WHERE starts_on <> '1970-01-01'`),
		}
	}
	for _, c := range []struct {
		status referrals.Status
		want   [2]int
	}{
		{referrals.StatusCompleted, [2]int{0, 1}}, {referrals.StatusDeclined, [2]int{0, 1}}, {referrals.StatusCancelled, [2]int{0, 1}},
		{referrals.StatusSent, [2]int{1, 2}}, {referrals.StatusAccepted, [2]int{2, 3}},
	} {
		w.in(t, "FSC-PARCEL", c.status)
		if got := used(); got != c.want {
			t.Errorf("after %s: %v, not %v", c.status, got, c.want)
		}
	}
	if n := w.count(t, `SELECT count(*) FROM instrument_quota_use WHERE starts_on = '2026-03-01'`); n != 1 {
		t.Errorf("%d counters of this month: another directorate's place was taken", n)
	}
	a := w.draft(t, "FSC-PARCEL")
	if _, err := w.move(referrals.Send, w.recipient, to(a)); err == nil {
		t.Error("a third is open of two")
	}
	w.now = w.now.AddDate(0, 1, 0)
	w.Exec(t, `DELETE FROM attempt_quota`)
	w.Exec(t, `UPDATE instrument_quota_use SET used = 0 WHERE starts_on = '1970-01-01'`)
	w.in(t, "FSC-PARCEL", referrals.StatusSent)
	if n := w.count(t, `SELECT used FROM instrument_quota_use WHERE starts_on = '2026-04-01'`); n != 1 {
		t.Errorf("April counts %d", n)
	}
}
