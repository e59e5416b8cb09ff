package api

import (
	"context"
	"net/http"

	"tahweel/policy"
)

// Role is what a membership lets an account do.
type Role struct {
	Role        string       `json:"role" example:"provider_worker"`
	Name        Text         `json:"name"`
	Domain      string       `json:"domain" example:"organization" doc:"What it is held in: country, organization, directorate, or directorate_or_country."`
	Permissions []Permission `json:"permissions" doc:"What its holder may ever do. Memorandum, stage, consent and clearance narrow it further."`
}

// Permission is one line of the role rules.
type Permission struct {
	Action   string `json:"action" example:"accept"`
	Class    string `json:"class" example:"attempt" doc:"Of thing."`
	Relation string `json:"relation" example:"recipient" doc:"How its holder must stand to the thing: any, own_directorate, case_owner, own_organization or recipient."`
}

// RoleList is every role.
type RoleList struct {
	Items []Role `json:"items"`
}

func (s *shell) roles() {
	register(s, operation{
		id: "list-roles", method: http.MethodGet, path: "/v1/roles", tag: "accounts", scope: "directory.read",
		summary: "Read the roles", description: "All of them, with their names, what each is held in and what it may do.",
		response: RoleList{Items: []Role{{
			Role: "provider_worker", Name: Text{AR: "موظف الجهة مقدمة الخدمة", EN: "Provider's worker"}, Domain: "organization",
			Permissions: []Permission{{Action: "accept", Class: "attempt", Relation: "recipient"}},
		}}},
	}, func(ctx context.Context, in *struct{ Conditional }) (*page[RoleList], error) {
		described, err := policy.Describe()
		if err != nil {
			return nil, err
		}
		list := RoleList{Items: make([]Role, len(described))}
		for i, d := range described {
			list.Items[i] = Role{Role: string(d.Role), Name: textOf(d.Label), Domain: string(d.Domain), Permissions: make([]Permission, len(d.Permissions))}
			for j, p := range d.Permissions {
				list.Items[i].Permissions[j] = Permission{Action: string(p.Action), Class: string(p.Class), Relation: string(p.Relation)}
			}
		}
		return publicPage(ctx, list, "", in.Conditional)
	})
}
