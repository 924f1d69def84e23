package operator

import (
	"maps"
	"net/http/httptest"
	"testing"
	"time"

	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/relay/statistics"
)

// counted is how far messages got.
type counted []statistics.Account

func (c counted) Statistics() []statistics.Account { return c }

// The page has the accounts that the gateway or the relay knows, by name.
func TestStatistics(t *testing.T) {
	since := time.Date(2026, 11, 30, 10, 0, 0, 7, time.UTC)
	page := StatisticsPage(
		since,
		used{
			{
				Name: "bank", ByElement: 5, ByMarker: 2, Split: 1,
				Submits: map[numbering.Skip]uint64{numbering.Numbered: 7, numbering.NoRoom: 2, numbering.Binary: 1},
			},
			{Name: "club", Submits: map[numbering.Skip]uint64{}},
		},
		counted{{Name: "shop", Delivered: 1}, {Name: "bank", Delivered: 6, Failed: 1, Expired: 2, Read: 4, DeletedUnread: 3, Reported: 5}},
	)
	const zero = `"split":0,"unnumbered":0,`
	const (
		bank = `{"name":"bank","submitted":10,"numbered":7,"carriage":{"udh":5,"text":2},"split":1,"unnumbered":3,"skips":{"binary":1,"no_room":2},` +
			`"delivered":6,"failed":1,"expired":2,"read":4,"deleted_unread":3,"reported":5}`
		club = `{"name":"club","submitted":0,"numbered":0,"carriage":{"udh":0,"text":0},` + zero + `"delivered":0,"failed":0,"expired":0,"read":0,"deleted_unread":0,"reported":0}`
		shop = `{"name":"shop","submitted":0,"numbered":0,"carriage":{"udh":0,"text":0},` + zero + `"delivered":1,"failed":0,"expired":0,"read":0,"deleted_unread":0,"reported":0}`
		head = `{"since":"2026-11-30T10:00:00Z","accounts":[`
	)
	for _, tt := range []struct {
		query string
		want  string
	}{
		{"", head + bank + "," + club + "," + shop + "]}\n"},
		{"?limit=1", head + bank + `],"next":"club"}` + "\n"},
		{"?limit=1&cursor=club", head + club + `],"next":"shop"}` + "\n"},
		{"?cursor=shop", head + shop + "]}\n"},
		{"?account=shop", head + shop + "]}\n"},
		{"?account=nobody", head + "]}\n"},
	} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest("GET", "/v1/statistics"+tt.query, nil))
		if got := w.Body.String(); w.Code != 200 || got != tt.want {
			t.Errorf("%q:\ngot  %d, %swant %s", tt.query, w.Code, got, tt.want)
		}
	}
	w := httptest.NewRecorder()
	if page.ServeHTTP(w, httptest.NewRequest("GET", "/v1/statistics?limit=x", nil)); w.Code != 400 {
		t.Errorf("a wrong limit: got %d, want 400", w.Code)
	}
}

// What the gateway counts is the same in the list of accounts and in their statistics.
func TestStatisticsAgree(t *testing.T) {
	use := gateway.AccountUse{Name: "bank", ByElement: 3, Submits: map[numbering.Skip]uint64{numbering.Numbered: 3, numbering.Multi: 4}}
	account, all := accountJSON(&use), accountStatistics(used{use}, counted(nil))
	if s := all[0]; s.Numbered != account.Numbered || s.Unnumbered != account.Unnumbered || s.Submitted != 7 || !maps.Equal(s.Skips, account.Skips) {
		t.Errorf("got %+v, want as %+v", s, account)
	}
}
