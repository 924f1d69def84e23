package operator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

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
		{"?limit=1", 200, Accounts{Accounts: []Account{bank}, Next: "club"}},
		{"?limit=1&cursor=club", 200, Accounts{Accounts: []Account{club}, Next: "shop"}},
		{"?limit=2&cursor=club", 200, Accounts{Accounts: []Account{club, shop}}},
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

// Lists by name go on after an account without a name: an ESME may bind with an empty system_id.
func TestAccountWithoutName(t *testing.T) {
	source := used{{Name: ""}, {Name: "bank"}, {Name: "shop"}}
	for path, page := range map[string]http.Handler{
		"/v1/accounts": AccountPage(source), "/v1/statistics": StatisticsPage(time.Now(), source, counted(nil)),
	} {
		var names []string
		for cursor, more := "", true; more; {
			w := httptest.NewRecorder()
			page.ServeHTTP(w, httptest.NewRequest("GET", path+"?limit=1&cursor="+cursor, nil))
			var got Accounts
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Accounts) != 1 {
				t.Fatalf("%s: got %s, %v", path, w.Body, err)
			}
			names = append(names, got.Accounts[0].Name)
			cursor, more = got.Next, got.Next != ""
		}
		if want := []string{"", "bank", "shop"}; !slices.Equal(names, want) {
			t.Errorf("%s: got %q, want %q", path, names, want)
		}
	}
}
