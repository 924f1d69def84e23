package config

import (
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"readback/internal/otlp"
	"readback/internal/setting"
)

// OTLP holds the settings of the traces of messages.
type OTLP struct {
	URL         string     `key:"url" form:"collector" empty:"off" doc:"http or https URL of an OpenTelemetry collector that takes OTLP over HTTP, such as http://127.0.0.1:4318; traces go to /v1/traces below it; empty is off"`
	Sample      otlp.Ratio `key:"sample" default:"1%" wanted:"a part in percent, such as 1%" doc:"how many of the messages are traced, 0% to 100%"`
	HeadersFile string     `key:"headers_file" empty:"none" secret:"file" content:"restart" doc:"file with headers of each request, one in a line, such as Authorization: Bearer …; empty is none"`
	CA          string     `key:"ca" form:"file" empty:"none" content:"restart" doc:"PEM file of the authorities that may sign the collector's certificate; empty is those of the system"`

	// Headers are what Load has read from HeadersFile.
	Headers map[string]Secret
}

// maxHeadersFile is more than any collector needs.
const maxHeadersFile = 8 << 10

// readOTLPHeaders reads the headers for the collector.
func readOTLPHeaders(l *loader) {
	const key = "otlp.headers_file"
	o := &l.cfg.OTLP
	if o.URL == "" || o.HeadersFile == "" || l.failed[key] {
		return
	}
	var p *problem
	if o.Headers, p = readHeaders(o.HeadersFile); p != nil {
		g, _ := l.origin(key)
		l.fail(key, g, p)
	}
}

// readHeaders reads a file with headers. Nothing of it is in a problem, because it may be secret.
func readHeaders(path string) (map[string]Secret, *problem) {
	const hint = "lines such as Authorization: Bearer …"
	f, p := setting.OpenFile(path)
	if p != nil {
		return nil, (*problem)(p)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxHeadersFile+1))
	switch {
	case err != nil:
		return nil, (*problem)(setting.Unreadable(err))
	case len(data) > maxHeadersFile:
		return nil, &problem{"the file is too long for headers", hint}
	}
	all := make(map[string]Secret)
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, &problem{"the file has a line that is no header", hint}
		}
		all[name] = Secret(value)
	}
	if len(all) == 0 {
		return nil, &problem{"the file is empty", hint}
	}
	return all, nil
}

// warnOTLP warns of settings that are not used, and of headers without TLS.
func warnOTLP(l *loader) {
	o := l.cfg.OTLP
	l.warnIf(o.URL == "" && o.HeadersFile != "", "not used: otlp.url is empty", "otlp.headers_file", "otlp.url")
	l.warnIf(o.URL == "" && o.CA != "", "not used: otlp.url is empty", "otlp.ca", "otlp.url")
	u, err := url.Parse(o.URL)
	l.warnIf(err == nil && u.Scheme == "http" && o.CA != "", "not used: otlp.url is not https", "otlp.ca", "otlp.url")
	l.warnIf(o.HeadersFile != "" && err == nil && u.Scheme == "http" && !isPrivateURL(o.URL),
		"otlp.headers_file goes over the network in the clear, for anybody on the way to read: https", "otlp.url")
}
