package operator

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"readback/relay/statistics"
)

// AccountStatistics are the messages of an account since the gateway began, in JSON. A message counts in each state
// that it reaches.
type AccountStatistics struct {
	Name          string            `json:"name"`
	Submitted     uint64            `json:"submitted"` // numbered or not
	Numbered      uint64            `json:"numbered"`
	Carriage      Carriage          `json:"carriage"` // of the numbered ones
	Split         uint64            `json:"split"`    // of the numbered ones: went on in parts for lack of room
	Unnumbered    uint64            `json:"unnumbered"`
	Skips         map[string]uint64 `json:"skips,omitempty"` // of these, by why they have no number
	Delivered     uint64            `json:"delivered"`
	Failed        uint64            `json:"failed"`
	Expired       uint64            `json:"expired"`
	Read          uint64            `json:"read"`
	DeletedUnread uint64            `json:"deleted_unread"`
	Reported      uint64            `json:"reported"`                       // the ESME has acknowledged its feedback
	TimeToRead    *TimeToRead       `json:"time_to_read_seconds,omitempty"` // missing if none was read
}

// Carriage is how many numbers travel in which way.
type Carriage struct {
	UDH  uint64 `json:"udh"`  // the element in the header
	Text uint64 `json:"text"` // the marker
}

// TimeToRead are quantiles of the time from the submission of a message until it was read, in seconds. Half of the
// messages were read within the median.
type TimeToRead struct {
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
}

// Statistics is a page of accounts, by name.
type Statistics struct {
	Since    time.Time           `json:"since"` // when the gateway began to count
	Accounts []AccountStatistics `json:"accounts"`
	Next     string              `json:"next,omitempty"` // cursor of the next page; missing at the end
}

// ProgressSource is what the page about statistics asks for how far messages got.
type ProgressSource interface {
	Statistics() []statistics.Account
}

// StatisticsPage returns the page GET /v1/statistics, for one account with ?account=.
func StatisticsPage(since time.Time, g AccountSource, r ProgressSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		limit, ok := whole(w, req, "limit", usualPage, 1, maxPage)
		if !ok {
			return
		}
		name, first := req.URL.Query().Get("account"), req.URL.Query().Get("cursor")
		all := slices.DeleteFunc(accountStatistics(g, r), func(a AccountStatistics) bool {
			return a.Name < first || name != "" && a.Name != name
		})
		page := Statistics{Since: since.Truncate(time.Second), Accounts: all[:min(len(all), int(limit))]}
		if len(all) > int(limit) {
			page.Next = all[limit].Name // that of the last one may be empty
		}
		answer(w, page)
	})
}

// accountStatistics returns those of all accounts, by name.
func accountStatistics(g AccountSource, r ProgressSource) []AccountStatistics {
	by := make(map[string]AccountStatistics)
	for _, use := range g.Accounts() {
		a := accountJSON(&use)
		by[use.Name] = AccountStatistics{
			Name: use.Name, Submitted: a.Numbered + a.Unnumbered, Numbered: a.Numbered, Unnumbered: a.Unnumbered, Skips: a.Skips,
			Carriage: Carriage{UDH: use.ByElement, Text: use.ByMarker}, Split: use.Split,
		}
	}
	for _, got := range r.Statistics() {
		a := by[got.Name]
		a.Name = got.Name
		a.Delivered, a.Failed, a.Expired = got.Delivered, got.Failed, got.Expired
		a.Read, a.DeletedUnread, a.Reported = got.Read, got.DeletedUnread, got.Reported
		if median, ok := got.Times.Quantile(0.5); ok {
			p90, _ := got.Times.Quantile(0.9)
			a.TimeToRead = &TimeToRead{Median: median.Seconds(), P90: p90.Seconds()}
		}
		by[got.Name] = a
	}
	return slices.SortedFunc(maps.Values(by), func(a, b AccountStatistics) int { return cmp.Compare(a.Name, b.Name) })
}
