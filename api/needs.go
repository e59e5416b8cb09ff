package api

import (
	"context"
	"net/http"

	"tahweel/directory"
)

// Need is one term of the taxonomy of needs.
type Need struct {
	Code        string `json:"code" example:"DIS-PHYSIO" doc:"The term's stable code."`
	Parent      string `json:"parent,omitempty" example:"DIS" doc:"Absent for the root of a tree. One searches for a root or a leaf, and refers for a leaf."`
	Name        Text   `json:"name"`
	Description Text   `json:"description"`
	Tier        int    `json:"tier,omitempty" doc:"How sensitive a referral for it is: 1 standard, 2 sensitive, 3 restricted; absent for a root."`
}

// NeedList is the whole taxonomy.
type NeedList struct {
	Items []Need `json:"items" doc:"Each root before its leaves."`
}

func (s *shell) needs(store *directory.Store) {
	register(s, operation{
		id: "list-needs", method: http.MethodGet, path: "/v1/needs", tag: "needs", scope: "directory.read",
		summary: "Read the taxonomy of needs", description: "All of it in one answer; it changes rarely.",
		response: NeedList{Items: []Need{exampleNeedRoot, exampleNeed}},
	}, func(ctx context.Context, in *struct{ Conditional }) (*page[NeedList], error) {
		needs, err := store.Needs(ctx, actorOf(ctx))
		if err != nil {
			return nil, err
		}
		list := NeedList{Items: make([]Need, len(needs))}
		for i, n := range needs {
			list.Items[i] = Need{Code: n.Code, Parent: n.ParentCode, Name: textOf(n.Name), Description: textOf(n.Description), Tier: n.Tier}
		}
		return publicPage(ctx, list, "", in.Conditional)
	})
}

var exampleNeedRoot = Need{
	Code: "DIS", Name: Text{AR: "الإعاقة والتأهيل", EN: "Disability and rehabilitation"},
	Description: Text{AR: "خدمات التأهيل للأشخاص ذوي الإعاقة.", EN: "Rehabilitation for persons with disabilities."},
}

var exampleNeed = Need{
	Code: "DIS-PHYSIO", Parent: "DIS", Name: Text{AR: "العلاج الطبيعي", EN: "Physiotherapy"}, Tier: 2,
	Description: Text{AR: "جلسات علاج طبيعي لاستعادة الحركة.", EN: "Sessions of physiotherapy to regain movement."},
}
