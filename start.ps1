# Starts everything on Windows, in containers. Needs Docker Desktop; Ctrl-C stops it.
Set-Location $PSScriptRoot

if (-not (Get-Command docker -ErrorAction SilentlyContinue)) {
    Write-Host "error: Docker is not installed. Install Docker Desktop from https://www.docker.com/products/docker-desktop/ and start again." -ForegroundColor Red
    exit 1
}
docker info *> $null
if ($LASTEXITCODE -ne 0) {
    Write-Host "error: Docker is installed but not running. Start Docker Desktop and try again." -ForegroundColor Red
    exit 1
}
Write-Host "Admin: http://127.0.0.1:8000/admin/   Flower: http://127.0.0.1:5555/"
Write-Host "The service 'web' prints the login below at its first start."
docker compose up --build
exit $LASTEXITCODE
