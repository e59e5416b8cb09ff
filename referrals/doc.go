// Package referrals is the life of a referral: one need of one person (FHIR ServiceRequest), its attempts with providers (FHIR
// Task), the family's consent, and what each reader may see at each stage. To learn what a move does, open its file: send.go,
// answer.go (acknowledge, accept, decline), recall.go, serve.go (start of service, completion). All of them pass through move.go,
// and whatever is shown passes through project.go.
package referrals
