// Package referrals is the life of a referral: one need of one person (FHIR ServiceRequest), its attempts with providers (FHIR
// Task), the family's consent, and what each reader may see at each stage. To learn what a move does, open its file: send.go (send,
// discard), answer.go (acknowledge, accept, decline), inquiry.go (facts asked for and given), hold.go (waiting list, hold, resume),
// serve.go (start of service, progress, completion, closing unmet), recall.go (recall, also for safety), cancellation.go,
// mark_error.go. All of them pass through move.go, and whatever is shown passes through project.go.
package referrals
