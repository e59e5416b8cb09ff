// Package policy decides. It knows who acts (Actor), what they want (Action on a Class), and what memorandum, stage and consent
// grant, all as small values that other packages fill; it reads nothing itself. Every answer is a Decision that explains
// itself in Arabic and English, and what is unknown is refused.
//
//	allow = role permission ∩ relation ∩ instrument ∩ stage × tier ∩ consent ∩ clearance
package policy
