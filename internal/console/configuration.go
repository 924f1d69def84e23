package console

import (
	"encoding/json"
	"net/http"
	"net/url"

	"readback/internal/operator"
)

// configView is what the page about the configuration shows.
type configView struct {
	operator.Settings
	Reload *operator.Reload // what a reload has just done; nil: there was none
}

func configData(v *visit) (any, *problem) {
	q := url.Values{}
	for _, name := range []string{"key", "changed", "cursor"} {
		if value := v.r.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	settings, p := get[operator.Settings](v, "/v1/config?"+q.Encode())
	if p != nil {
		return nil, p
	}
	return configView{Settings: settings}, nil
}

// reload has the gateway read its configuration again, and shows what has changed.
func (c *Console) reload(w http.ResponseWriter, r *http.Request) {
	v := c.visit(r)
	status, body := c.opt.Ops.Ask(r, http.MethodPost, "/v1/reload")
	var done operator.Reload
	if status != http.StatusOK {
		c.fail(w, v, problemOf(status, body))
		return
	}
	if err := json.Unmarshal(body, &done); err != nil {
		c.fail(w, v, &problem{Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	p := pageOf("configuration")
	data, problem := configData(v)
	if shown, ok := data.(configView); ok {
		shown.Reload = &done
		data = shown
	}
	view := c.view(v, p)
	view.Data, view.Problem = data, problem
	c.write(w, v, view, statusOf(problem))
}
