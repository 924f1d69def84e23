package ops

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
)

// A request that is open ends when a change of the operators takes its sender away, or one of its roles, and no other.
func TestWithdrawnEnds(t *testing.T) {
	both := Person{Name: "eve", Roles: Viewer | Privacy, SHA256: hashOf("eve")}
	other := Person{Name: "bob", Roles: anyRole, SHA256: hashOf("bob")}
	with := func(change func(*Person)) Person {
		p := both
		change(&p)
		return p
	}
	for _, tt := range []struct {
		name         string
		before, then []Person
		ends         bool
	}{
		{"nothing changes", []Person{both}, []Person{both}, false},
		{"another one comes", []Person{both}, []Person{both, other}, false},
		{"another one goes", []Person{both, other}, []Person{both}, false},
		{"another role", []Person{both}, []Person{with(func(p *Person) { p.Roles = anyRole })}, false},
		{"another name", []Person{both}, []Person{with(func(p *Person) { p.Name = "eva" })}, false},
		{"withdrawn", []Person{both}, []Person{other}, true},
		{"another token", []Person{both}, []Person{with(func(p *Person) { p.SHA256 = hashOf("new") })}, true},
		{"a role less", []Person{both}, []Person{with(func(p *Person) { p.Roles = Viewer })}, true},
		{"the first operator", nil, []Person{other}, true},
		{"no operators any more", []Person{both}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(prometheus.NewRegistry(), nil, nil, quiet)
				s.Use(Access{Operators: tt.before})
				var withdrawn error
				release := make(chan struct{})
				s.Handle("/v1/status", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-r.Context().Done():
					case <-release:
					}
					withdrawn = Withdrawn(r)
				}))
				go s.ServeHTTP(httptest.NewRecorder(), requestOf("eve", "/v1/status"))
				synctest.Wait()
				s.Use(Access{Operators: tt.then})
				close(release)
				synctest.Wait()
				if (withdrawn != nil) != tt.ends {
					t.Errorf("got %v, want an end: %v", withdrawn, tt.ends)
				}
				if n := len(s.guard.open.all); n > 0 {
					t.Errorf("%d requests are open, want none", n)
				}
			})
		})
	}
}

// A change that comes while a request is let through holds for it, too.
func TestWithdrawnMeanwhile(t *testing.T) {
	s := NewServer(prometheus.NewRegistry(), nil, nil, quiet)
	s.Use(Access{Operators: people()})
	let := s.access.Load()
	s.Handle("/v1/status", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if Withdrawn(r) == nil {
			t.Error("the request goes on, want an end")
		}
	}))
	s.Use(Access{Operators: people()[1:]})
	s.guard.answer(httptest.NewRecorder(), withPerson(requestOf("viewer", "/v1/status"), &let.Operators[0]), let)
}

// The console asks for nothing more on behalf of somebody who was withdrawn.
func TestAskWithdrawn(t *testing.T) {
	s := newGuarded()
	s.Handle("/v1/accounts", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r, done := s.guard.open.add(withPerson(requestOf("privacy", "/console/reads"), &people()[2]))
	defer done()
	s.Use(Access{Operators: people()[:1]})
	if status, _ := s.Ask(r, http.MethodGet, "/v1/reads?full=true"); status != http.StatusUnauthorized {
		t.Errorf("got %d, want 401", status)
	}
}

// requestOf returns a request with a token.
func requestOf(token, path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
