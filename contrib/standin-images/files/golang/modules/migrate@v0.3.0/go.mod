module kit.example/migrate

go 1.19
