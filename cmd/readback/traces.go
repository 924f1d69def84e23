package main

import (
	"net/http"

	"readback/config"
	"readback/internal/otlp"
	"readback/internal/transport"
	"readback/relay"
)

// makeTraces makes the exporter of traces and has the relay feed it, if there is a collector.
func (s *service) makeTraces(cfg config.OTLP, to *relay.Options) (err error) {
	metrics := otlp.NewMetrics(to.Registerer)
	if cfg.URL == "" {
		return nil
	}
	opt := otlp.Options{
		URL: cfg.URL, Sample: cfg.Sample.Value(), Header: make(http.Header), Version: version(), Logger: s.log, Metrics: metrics,
	}
	if cfg.CA != "" {
		if opt.Roots, err = transport.ReadPool(cfg.CA); err != nil {
			return config.About("otlp.ca", "a file with certificates of authorities in PEM", err)
		}
	}
	for name, value := range cfg.Headers {
		opt.Header.Set(name, string(value))
	}
	if s.traces, err = otlp.New(opt); err != nil {
		return config.About("otlp.url", "such as http://127.0.0.1:4318", err)
	}
	to.Sampled, to.Steps = s.traces.Sampled, s.traces.Add
	return nil
}
