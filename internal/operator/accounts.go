package operator

import (
	"net/http"
	"slices"

	"readback/internal/gateway"
	"readback/internal/numbering"
)

// Account is what an account may use, and what it uses, in JSON. Of the limits, 0 is none.
type Account struct {
	Name        string            `json:"name"`
	Listed      bool              `json:"listed"`       // there are settings for it: accounts.NAME
	Rate        float64           `json:"rate"`         // messages a second
	Window      int               `json:"window"`       // requests of a session that may be unanswered
	MaxSessions int               `json:"max_sessions"` // at a time
	Sessions    int               `json:"sessions"`
	Unanswered  int64             `json:"unanswered"` // requests of all its sessions
	Numbered    uint64            `json:"numbered"`   // messages since the gateway began
	Unnumbered  uint64            `json:"unnumbered"`
	Skips       map[string]uint64 `json:"skips,omitempty"` // of these, by why they have no number
}

// Accounts is a page of accounts, by name.
type Accounts struct {
	Accounts []Account `json:"accounts"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; missing at the end
}

// AccountSource is what the page about them asks.
type AccountSource interface {
	Accounts() []gateway.AccountUse
}

// AccountPage returns the page GET /v1/accounts.
func AccountPage(g AccountSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, ok := whole(w, r, "limit", usualPage, 1, maxPage)
		if !ok {
			return
		}
		first := r.URL.Query().Get("cursor")
		all := slices.DeleteFunc(g.Accounts(), func(a gateway.AccountUse) bool { return a.Name < first })
		page := Accounts{Accounts: make([]Account, 0, min(len(all), int(limit)))}
		for _, a := range all[:min(len(all), int(limit))] {
			page.Accounts = append(page.Accounts, accountJSON(&a))
		}
		if len(all) > int(limit) {
			page.Next = all[limit].Name // that of the last one may be empty
		}
		answer(w, page)
	})
}

func accountJSON(a *gateway.AccountUse) Account {
	j := Account{
		Name: a.Name, Listed: a.IsListed, Rate: a.Limits.Rate, Window: a.Limits.Window, MaxSessions: a.Limits.MaxSessions,
		Sessions: a.Sessions, Unanswered: a.Unanswered,
	}
	for skip, n := range a.Submits {
		switch {
		case n == 0:
		case skip == numbering.Numbered:
			j.Numbered = n
		default:
			if j.Skips == nil {
				j.Skips = make(map[string]uint64)
			}
			j.Skips[skip.String()], j.Unnumbered = n, j.Unnumbered+n
		}
	}
	return j
}
