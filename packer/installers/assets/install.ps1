# Installs @NAME@ @VERSION@ for this user, on Windows (PowerShell 5.1 and later). Written by wasmpack.
#
#   irm @SCRIPT@ | iex
#
# Variables: @VARIABLE@_INSTALL_DIR names the folder, @VARIABLE@_DOWNLOAD_URL where the archive lies, and with
# @VARIABLE@_NO_MODIFY_PATH set PATH stays as it is. To remove it again, delete the folder that it installed.

# A block that is called at its end: of a download that was cut off nothing is run, and no variable of the caller changes.
& {
    $ErrorActionPreference = 'Stop'
    # Drawing the bar takes longer than the download, in PowerShell 5.1.
    $ProgressPreference = 'SilentlyContinue'

    $name = @NAME_WORD@
    $version = @VERSION_WORD@
    $archive = @ARCHIVE_WORD@
    $program = @PROGRAM_WORD@
    $sum = @SUM_WORD@
    $url = @URL_WORD@
    if ($env:@VARIABLE@_DOWNLOAD_URL) { $url = $env:@VARIABLE@_DOWNLOAD_URL }

    if ([Environment]::OSVersion.Platform -ne 'Win32NT') {
        throw @NOT_WINDOWS@
    }
    # A 32-bit PowerShell sees the machine's own architecture in the first of these.
    $cpu = $env:PROCESSOR_ARCHITEW6432
    if (-not $cpu) { $cpu = $env:PROCESSOR_ARCHITECTURE }
    # Windows 11 on Arm runs x86-64 by emulation.
    if (@('AMD64', 'ARM64') -notcontains $cpu) {
        throw "installing ${name}: there is no build for Windows on $cpu; there is one for windows-x86_64"
    }

    $dir = $env:@VARIABLE@_INSTALL_DIR
    if (-not $dir) {
        if (-not $env:LOCALAPPDATA) { throw "installing ${name}: LOCALAPPDATA is not set; set @VARIABLE@_INSTALL_DIR" }
        $dir = Join-Path $env:LOCALAPPDATA "Programs\$name"
    }
    # .NET has a current folder of its own.
    $dir = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($dir)
    $target = Join-Path $dir $program
    if (Test-Path -LiteralPath $target -PathType Container) { throw "installing ${name}: $target is a folder" }

    $folder = Join-Path ([IO.Path]::GetTempPath()) ('install-' + [Guid]::NewGuid().ToString('N'))
    $fresh = "$target.new"
    $old = "$target.old"
    New-Item -ItemType Directory -Path $folder | Out-Null
    try {
        # PowerShell 5.1 may offer only what servers no longer take.
        [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072
        $file = Join-Path $folder 'archive.zip'
        try {
            Invoke-WebRequest -UseBasicParsing -Uri "$url/$archive" -OutFile $file
        } catch {
            throw "installing ${name}: cannot download $url/${archive}: $_"
        }
        $found = (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash
        if ($found -ne $sum) {
            throw "installing ${name}: $url/$archive is not the file that was released: its SHA-256 is $found, expected $sum"
        }
        $unpacked = Join-Path $folder 'unpacked'
        Expand-Archive -LiteralPath $file -DestinationPath $unpacked

        New-Item -ItemType Directory -Path $dir -Force | Out-Null
        Copy-Item -LiteralPath (Join-Path $unpacked $program) -Destination $fresh -Force
        if (Test-Path -LiteralPath $target) {
            # A program that runs cannot be replaced, but renamed.
            if (Test-Path -LiteralPath $old) { Remove-Item -LiteralPath $old -Force }
            Move-Item -LiteralPath $target -Destination $old
            try {
                Move-Item -LiteralPath $fresh -Destination $target
            } catch {
                Move-Item -LiteralPath $old -Destination $target
                throw
            }
            Remove-Item -LiteralPath $old -Force -ErrorAction SilentlyContinue
        } else {
            Move-Item -LiteralPath $fresh -Destination $target
        }
    } finally {
        Remove-Item -LiteralPath $folder -Recurse -Force -ErrorAction SilentlyContinue
        if (Test-Path -LiteralPath $fresh) { Remove-Item -LiteralPath $fresh -Force -ErrorAction SilentlyContinue }
    }
    Write-Host "$name $version is installed: $target"

    if ($env:@VARIABLE@_NO_MODIFY_PATH) { return }
    # As it is written: variables in it must stay variables.
    $key = [Microsoft.Win32.Registry]::CurrentUser.CreateSubKey('Environment')
    try {
        $path = [string]$key.GetValue('Path', '', 'DoNotExpandEnvironmentNames')
        $parts = @($path -split ';' | Where-Object { $_ })
        if ($parts -notcontains $dir) {
            $key.SetValue('Path', ((@($parts) + $dir) -join ';'), 'ExpandString')
            # A change by way of .NET tells the desktop that there was one.
            [Environment]::SetEnvironmentVariable('wasmpack-installer', 'x', 'User')
            [Environment]::SetEnvironmentVariable('wasmpack-installer', $null, 'User')
            Write-Host "note: $dir was added to PATH of this user; new windows know it"
        }
    } finally {
        $key.Dispose()
    }
    if (@($env:Path -split ';') -notcontains $dir) { $env:Path = "$env:Path;$dir" }
}
