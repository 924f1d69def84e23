package operator

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"testing"

	"readback/internal/account"
	"readback/internal/gateway"
	"readback/internal/numbering"
)

// used is what accounts use.
type used []gateway.AccountUse

func (u used) Accounts() []gateway.AccountUse { return append(used(nil), u...) }

func TestAccounts(t *testing.T) {
	source := used{
		{
			Name: "bank", IsListed: true, Limits: account.Limits{Rate: 10, Window: 5, MaxSessions: 2}, Sessions: 1, Unanswered: 4,
			Submits: map[numbering.Skip]uint64{numbering.Numbered: 7, numbering.NoRoom: 2, numbering.Binary: 1, numbering.Ack: 0},
		},
		{Name: "club"},
		{Name: "shop"},
	}
	bank := Account{
		Name: "bank", Listed: true, Rate: 10, Window: 5, MaxSessions: 2, Sessions: 1, Unanswered: 4, Numbered: 7, Unnumbered: 3,
		Skips: map[string]uint64{"no_room": 2, "binary": 1},
	}
	club, shop := Account{Name: "club"}, Account{Name: "shop"}
	for _, tt := range []struct {
		query  string
		status int
		want   Accounts
	}{
		{"", 200, Accounts{Accounts: []Account{bank, club, shop}}},
		{"?limit=1", 200, Accounts{Accounts: []Account{bank}, Next: "bank"}},
		{"?limit=1&cursor=bank", 200, Accounts{Accounts: []Account{club}, Next: "club"}},
		{"?limit=2&cursor=bank", 200, Accounts{Accounts: []Account{club, shop}}},
		{"?cursor=zoo", 200, Accounts{Accounts: []Account{}}},
		{"?limit=0", 400, Accounts{}},
	} {
		w := httptest.NewRecorder()
		AccountPage(source).ServeHTTP(w, httptest.NewRequest("GET", "/v1/accounts"+tt.query, nil))
		var got Accounts
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if w.Code != tt.status || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %d, %+v\nwant %d, %+v", tt.query, w.Code, got, tt.status, tt.want)
		}
	}
}
