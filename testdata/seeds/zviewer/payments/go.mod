module zviewer.example/payments

go 1.19

require (
	kit.example/httpkit v1.2.0
	kit.example/migrate v0.3.0
)
