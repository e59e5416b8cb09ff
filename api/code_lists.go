package api

import (
	"context"
	"net/http"

	"tahweel/referrals"
)

// CodeLists is every list of codes that moves carry, at one version.
type CodeLists struct {
	Version int        `json:"version" example:"1" doc:"Grows when a code is added, worded anew or attributed to somebody else. A code is never taken away."`
	Items   []CodeList `json:"items"`
}

// CodeList is all codes of one kind.
type CodeList struct {
	Name  string `json:"name" example:"decline" doc:"decline, cancel, expire, hold, outcome, not_completed, info_items or reopen."`
	Codes []Code `json:"codes" doc:"In the order in which a form shows them."`
}

// Code is one reason or outcome.
type Code struct {
	Code           string `json:"code" example:"no_capacity"`
	Label          Text   `json:"label"`
	AttributableTo string `json:"attributable_to" example:"provider" doc:"To whom it is put down: provider, client, sender or system. A client's refusal never counts against a provider."`
}

func (s *shell) codeLists() {
	register(s, operation{
		id: "list-codes", method: http.MethodGet, path: "/v1/code-lists", tag: "code-lists", scope: "referrals.read",
		summary: "Read the code lists", description: "Every code that a move can carry, with its labels. All of them in one answer; they change rarely.",
		response: CodeLists{Version: referrals.CodesVersion, Items: []CodeList{{Name: "expire", Codes: codesOf(referrals.CodeLists()[2].Codes)}}},
	}, func(ctx context.Context, in *struct{ Conditional }) (*page[CodeLists], error) {
		lists := CodeLists{Version: referrals.CodesVersion}
		for _, l := range referrals.CodeLists() {
			lists.Items = append(lists.Items, CodeList{Name: l.Name, Codes: codesOf(l.Codes)})
		}
		return publicPage(ctx, lists, "", in.Conditional)
	})
}

func codesOf(codes []referrals.Code) []Code {
	list := make([]Code, len(codes))
	for i, c := range codes {
		list[i] = Code{Code: c.Code, Label: textOf(c.Label), AttributableTo: string(c.AttributableTo)}
	}
	return list
}
