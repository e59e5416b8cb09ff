package api

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/policy"
)

const rana = `{"name":{"ar":"رنا المثال","en":"Rana Example"},"work_telephone":"059 900 0001","work_email":"rana@hope.example"`

func worker(organization uuid.UUID) string {
	return `{"role":"provider_worker","organization_id":"` + organization.String() + `"}`
}

func ranaOf(organization uuid.UUID) string {
	return rana + `,"organization_id":"` + organization.String() + `","memberships":[` + worker(organization) + `]}`
}

func TestAnAdministratorManagesAccountsAndRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	administrator, own := w.staff(t, policy.Membership{Role: policy.Administrator})
	const key = "Idempotency-Key: account-1"
	var a, again Account
	w.as(t, administrator, "POST", "/v1/accounts", rana+`}`, key).into(t, &a)
	w.as(t, administrator, "POST", "/v1/accounts", rana+`}`, key).into(t, &again)
	if a.ID != again.ID || a.WorkTelephone != "+970599000001" || a.Version != 1 || len(a.Memberships) != 0 || a.OrganizationID != nil {
		t.Errorf("made %+v, and again %+v", a, again)
	}
	at := "/v1/accounts/" + a.ID.String()
	var changed Account
	w.as(t, administrator, "PATCH", at, `{"job_title":{"ar":"باحثة","en":"Researcher"},"work_email":""}`, `If-Match: "1"`).into(t, &changed)
	if changed.Version != 2 || changed.JobTitle.EN != "Researcher" || changed.WorkEmail != "" || changed.Name.EN != "Rana Example" {
		t.Errorf("changed to %+v", changed)
	}
	w.as(t, administrator, "PATCH", at, `{"work_email":"x@y.example"}`, `If-Match: "1"`).want(t, 412, "version_conflict")
	w.as(t, administrator, "PATCH", at, `{"name":{"ar":"","en":""},"work_telephone":"12","work_email":"nobody"}`, `If-Match: "2"`).
		want(t, 422, "unprocessable", "/name_ar", "/name_en", "/work_telephone", "/work_email")

	var m Membership
	role := `{"role":"case_manager","directorate_id":"` + w.hebron.String() + `"}`
	w.as(t, administrator, "POST", at+"/memberships", role).into(t, &m)
	w.as(t, administrator, "POST", at+"/memberships", role).want(t, 409, "role_held")
	w.as(t, administrator, "POST", at+"/memberships", `{"role":"king"}`).want(t, 422, "unprocessable", "/role")
	w.as(t, administrator, "POST", at+"/memberships", worker(w.first)).want(t, 422, "unprocessable", "/organization_id")
	end := "/v1/memberships/" + m.ID.String() + "/end"
	w.as(t, administrator, "POST", end, "", `If-Match: "2"`).want(t, 412, "version_conflict")
	w.as(t, administrator, "POST", end, "", `If-Match: "1"`).into(t, &m)
	if m.ValidTo == nil || m.Version != 2 {
		t.Errorf("ended %+v", m)
	}
	w.as(t, administrator, "POST", "/v1/memberships/"+uuid.NewString()+"/end", "", `If-Match: "1"`).want(t, 404, "membership_not_found")

	// Nobody takes the administration from themselves.
	var self Account
	w.as(t, administrator, "GET", "/v1/accounts/"+own.String(), "").into(t, &self)
	w.as(t, administrator, "POST", "/v1/memberships/"+self.Memberships[0].ID.String()+"/end", "", `If-Match: "1"`).want(t, 409, "last_administrator")
	w.as(t, administrator, "POST", "/v1/accounts/"+own.String()+"/revoke", "", `If-Match: "1"`).want(t, 409, "last_administrator")
	other, _ := w.staff(t, policy.Membership{Role: policy.Administrator}) // control: another one may
	w.as(t, other, "POST", "/v1/accounts/"+own.String()+"/revoke", "", `If-Match: "1"`).want(t, 200, "")
	w.as(t, administrator, "GET", at, "").want(t, 401, "account_revoked")

	w.as(t, other, "POST", at+"/revoke", "", `If-Match: "2"`).want(t, 200, "")
	w.as(t, other, "POST", at+"/revoke", "", `If-Match: "3"`).want(t, 409, "already_revoked")
	w.as(t, other, "POST", at+"/memberships", role).want(t, 409, "already_revoked")
	h := w.as(t, other, "GET", at+"/history", "")
	for _, what := range []string{"account_created", "account_changed", "membership_added", "membership_ended", "account_revoked"} {
		if !strings.Contains(h.body, `"what":"`+what+`"`) {
			t.Errorf("the history lacks %s: %s", what, h.body)
		}
	}
	var list AccountList
	w.as(t, other, "GET", "/v1/accounts?role=administrator&status=active", "").into(t, &list)
	if len(list.Items) != 2 { // the other one and the world's own
		t.Errorf("%d active administrators", len(list.Items))
	}
}

func TestAFocalPointManagesTheWorkersOfItsOwnOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	focal, focalID := w.staff(t, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.first})
	_, strangerID := w.staff(t, policy.Membership{Role: policy.ProviderWorker, OrganizationID: w.second})
	var a Account
	w.as(t, focal, "POST", "/v1/accounts", ranaOf(w.first)).into(t, &a)
	at := "/v1/accounts/" + a.ID.String()
	w.as(t, focal, "PATCH", at, `{"work_telephone":"+970599000002"}`, `If-Match: "1"`).want(t, 200, "")
	w.as(t, focal, "POST", "/v1/memberships/"+a.Memberships[0].ID.String()+"/end", "", `If-Match: "1"`).want(t, 200, "")
	w.as(t, focal, "GET", at+"/history", "").want(t, 200, "")
	for name, c := range map[string]struct {
		method, path, body, match string
		status                    int
		code                      string
	}{
		"a worker of another organization": {"POST", "/v1/accounts", ranaOf(w.second), "", 403, "role_forbids"},
		"somebody of the ministry":         {"POST", "/v1/accounts", rana + `}`, "", 403, "role_forbids"},
		"another focal point": {
			"POST", "/v1/accounts", strings.Replace(ranaOf(w.first), "provider_worker", "provider_focal_point", 1), "", 403, "role_forbids",
		},
		"a machine":                      {"POST", "/v1/accounts", strings.Replace(ranaOf(w.first), `{"name"`, `{"kind":"client","name"`, 1), "", 422, "client_by_invitation"},
		"a higher role":                  {"POST", at + "/memberships", strings.Replace(worker(w.first), "worker", "focal_point", 1), "", 403, "role_forbids"},
		"a role of the ministry":         {"POST", at + "/memberships", `{"role":"auditor"}`, "", 403, "role_forbids"},
		"oneself":                        {"PATCH", "/v1/accounts/" + focalID.String(), `{"work_email":""}`, `If-Match: "1"`, 403, "role_forbids"},
		"the stranger":                   {"GET", "/v1/accounts/" + strangerID.String(), "", "", 404, "account_not_found"},
		"the stranger's end":             {"POST", "/v1/accounts/" + strangerID.String() + "/revoke", "", `If-Match: "1"`, 404, "account_not_found"},
		"a role of the stranger's":       {"POST", "/v1/accounts/" + strangerID.String() + "/memberships", worker(w.second), "", 404, "account_not_found"},
		"a role in another organization": {"POST", at + "/memberships", worker(w.second), "", 422, "unprocessable"},
	} {
		headers := []string{}
		if c.match != "" {
			headers = append(headers, c.match)
		}
		if got := w.as(t, focal, c.method, c.path, c.body, headers...); got.StatusCode != c.status || got.problem.Code != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, got.StatusCode, got.body, c.status, c.code)
		}
	}
	w.as(t, w.manager, "POST", "/v1/accounts", ranaOf(w.first)).want(t, 403, "role_forbids")
	w.as(t, w.manager, "GET", at, "").want(t, 200, "") // the ministry's roles see everybody
	var list AccountList
	w.as(t, focal, "GET", "/v1/accounts", "").into(t, &list)
	for _, seen := range list.Items {
		if *seen.OrganizationID != w.first {
			t.Errorf("the focal point sees %s", seen.ID)
		}
	}
	if len(list.Items) != 5 { // itself, Rana, and of the world the machine, the other focal point and the worker
		t.Errorf("the focal point sees %d accounts", len(list.Items))
	}
	w.as(t, focal, "POST", at+"/revoke", "", `If-Match: "2"`).want(t, 200, "")
}

func TestRolesAreDescribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var list RoleList
	w.as(t, w.provider, "GET", "/v1/roles", "").into(t, &list)
	if len(list.Items) != 14 {
		t.Errorf("%d roles", len(list.Items))
	}
	for _, r := range list.Items {
		if r.Role == "provider_client" && (r.Domain != "organization" || len(r.Permissions) == 0 || r.Name.AR == "") {
			t.Errorf("%+v", r)
		}
	}
}
