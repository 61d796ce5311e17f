//! Each decoy against the clients that attackers use: the client goes as far as
//! it would on a real host, and what it tried is visible through the API.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use shakedown::Result;
use shakedown::fixtures::scratch;
use shakedown::process::Process;

use crate::client::Client;
use crate::trap::Trap;

#[tokio::test]
async fn curl_is_asked_for_a_password_and_gives_it_away() -> Result {
    let curl = Client::find("curl")?;
    let trap = Trap::set("http").await?;
    let url = format!("http://{}:{}/admin?x=1", trap.host(), trap.port());
    let said = curl
        .run(
            &["-sS", "-i", "-u", "admin:hunter2", "-A", "probe/7", &url],
            "",
        )
        .await?;
    assert!(
        said.starts_with("HTTP/1.1 401 Unauthorized\r\nServer: nginx/"),
        "{said}"
    );
    let fields = [
        ("username", "admin"),
        ("password", "hunter2"),
        ("path", "/admin?x=1"),
        ("user_agent", "probe/7"),
    ];
    trap.watch.saw("http", "login_attempt", &fields).await;
    let form = ["-sS", "-d", "user=root&pass=t%26r", &url];
    curl.run(&form, "").await?;
    let fields = [
        ("username", "root"),
        ("password", "t&r"),
        ("method", "POST"),
    ];
    trap.watch.saw("http", "login_attempt", &fields).await;
    trap.spring()
}

#[tokio::test]
async fn curl_lists_and_fetches_by_ftp() -> Result {
    let curl = Client::find("curl")?;
    let trap = Trap::set("ftp").await?;
    let url = format!("ftp://{}:{}/", trap.host(), trap.port());
    let said = curl.run(&["-sS", &url], "").await?;
    assert!(said.contains("README.txt"), "{said}");
    let said = curl.run(&["-sS", &format!("{url}README.txt")], "").await?;
    assert!(said.contains("Internal use only"), "{said}");
    let fields = [("command", "RETR README.txt")];
    trap.watch.saw("ftp", "command", &fields).await;
    trap.spring()
}

#[tokio::test]
async fn tnftp_is_refused_and_its_password_recorded() -> Result {
    let ftp = Client::find("tnftp")?;
    let trap = Trap::set("ftp").await?;
    let said = ftp
        .run(
            &["-n", "-v", trap.host(), trap.port()],
            "user root toor\nquit\n",
        )
        .await?;
    assert!(said.contains("220 (vsFTPd 3.0.3)"), "{said}");
    assert!(said.contains("530 Login incorrect."), "{said}");
    let fields = [("username", "root"), ("password", "toor")];
    trap.watch.saw("ftp", "login_attempt", &fields).await;
    trap.spring()
}

#[tokio::test]
async fn lftp_lists_as_anonymous_and_is_refused_as_root() -> Result {
    let lftp = Client::find("lftp")?;
    let trap = Trap::set("ftp").await?;
    let (host, port) = (trap.host(), trap.port());
    let settings = "set net:max-retries 1; set net:timeout 10; set ftp:ssl-allow no;";
    let script = format!("{settings} open -p {port} {host}; ls; cat README.txt");
    let said = lftp.run(&["--norc", "-c", &script], "").await?;
    assert!(said.contains("backup-2024.tar.gz"), "{said}");
    assert!(said.contains("Internal use only"), "{said}");
    let script = format!("{settings} open -u root,letmein -p {port} {host}; ls");
    let said = lftp.run(&["--norc", "-c", &script], "").await?;
    assert!(said.contains("530 Login incorrect."), "{said}");
    let fields = [("username", "root"), ("password", "letmein")];
    trap.watch.saw("ftp", "login_attempt", &fields).await;
    trap.spring()
}

#[tokio::test]
async fn telnet_negotiates_and_logs_in_in_vain() -> Result {
    let telnet = Client::find("telnet")?;
    let trap = Trap::set("telnet").await?;
    let turns = [
        ("login: ", "root\n"),
        ("Password: ", "vizxv\n"),
        ("Login incorrect", ""),
    ];
    let said = telnet.converse(&[trap.host(), trap.port()], &turns).await?;
    assert!(said.contains("Debian GNU/Linux 12"), "{said}");
    let fields = [("username", "root"), ("password", "vizxv")];
    trap.watch.saw("telnet", "login_attempt", &fields).await;
    trap.spring()
}

#[tokio::test]
async fn ssh_exchanges_keys_and_its_passwords_are_recorded() -> Result {
    let ssh = Client::find("ssh")?;
    let trap = Trap::set("ssh").await?;
    let scratch = scratch();
    let askpass = scratch.path().join("askpass");
    std::fs::write(&askpass, "#!/bin/sh\necho 'S3cret pass'\n")?;
    std::fs::set_permissions(&askpass, std::fs::Permissions::from_mode(0o700))?;
    let ssh = ssh
        .env("SSH_ASKPASS", &askpass)
        .env("SSH_ASKPASS_REQUIRE", "force".as_ref());
    let said = ssh
        .run(
            &[
                "-F",
                "none",
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-o",
                "PreferredAuthentications=password",
                "-o",
                "NumberOfPasswordPrompts=2",
                "-p",
                trap.port(),
                "-l",
                "root",
                trap.host(),
                "id",
            ],
            "",
        )
        .await?;
    assert!(
        said.contains("Permission denied (publickey,password)"),
        "{said}"
    );
    let fields = [("username", "root"), ("password", "S3cret pass")];
    let log = trap.watch.saw("ssh", "login_attempt", &fields).await;
    let client = log["fields"]["client"].as_str().unwrap_or_default();
    assert!(client.starts_with("SSH-2.0-OpenSSH_"), "{log}");
    let log = trap.watch.saw("ssh", "client", &[]).await;
    let hassh = format!(
        "hassh:{}",
        log["fields"]["hassh"].as_str().unwrap_or_default()
    );
    let attackers = trap.watch.get("attackers").await?;
    assert!(
        attackers.to_string().contains(&hassh),
        "{hassh} in {attackers}"
    );
    trap.spring()
}

/// What nmap makes of a decoy.
async fn scan(service: &str, expected: &str) -> Result {
    let nmap = Client::find("nmap")?;
    let trap = Trap::set(service).await?;
    let said = nmap
        .run(
            &[
                "-Pn",
                "-n",
                "-sV",
                "--version-intensity",
                "6",
                "-p",
                trap.port(),
                trap.host(),
            ],
            "",
        )
        .await?;
    assert!(said.contains(expected), "no `{expected}` in {said}");
    trap.watch.saw(service, "connection", &[]).await;
    trap.spring()
}

#[tokio::test]
async fn nmap_takes_the_ftp_decoy_for_vsftpd() -> Result {
    scan("ftp", "vsftpd 3.0.3").await
}

#[tokio::test]
async fn nmap_takes_the_telnet_decoy_for_linux() -> Result {
    scan("telnet", "Linux telnetd").await
}

#[tokio::test]
async fn nmap_takes_the_http_decoy_for_nginx() -> Result {
    scan("http", "nginx 1.22.1").await
}

#[tokio::test]
async fn nmap_takes_the_ssh_decoy_for_openssh() -> Result {
    scan("ssh", "OpenSSH 9.2p1 Debian 2+deb12u3").await
}

#[tokio::test]
async fn nmap_takes_the_smb_decoy_for_windows() -> Result {
    scan("smb", "microsoft-ds").await
}

#[tokio::test]
async fn nmap_takes_the_rdp_decoy_for_a_terminal_service() -> Result {
    scan("rdp", "Microsoft Terminal Service").await
}

#[tokio::test]
async fn smbclient_answers_a_challenge_and_is_refused() -> Result {
    let smbclient = Client::find("smbclient")?;
    let trap = Trap::set("smb").await?;
    let scratch = scratch();
    // Debian's own configuration may be missing, or say anything.
    let configuration = scratch.path().join("smb.conf");
    std::fs::write(&configuration, "[global]\nworkgroup = CORP\n")?;
    let configuration = configuration.to_string_lossy();
    let said = smbclient
        .run(
            &[
                "-s",
                &configuration,
                "-L",
                trap.host(),
                "-p",
                trap.port(),
                "-U",
                "CORP/alice%hunter2",
            ],
            "",
        )
        .await?;
    assert!(said.contains("NT_STATUS_LOGON_FAILURE"), "{said}");
    let fields = [("username", "alice"), ("domain", "CORP")];
    let log = trap.watch.saw("smb", "login_attempt", &fields).await;
    let proof = log["fields"]["ntlm_response"].as_str().unwrap_or_default();
    assert!(proof.len() > 48, "NTLMv2: {log}");
    trap.spring()
}

#[tokio::test]
async fn xfreerdp_answers_a_challenge_and_is_refused() -> Result {
    let xfreerdp = Client::find("xfreerdp")?;
    let trap = Trap::set("rdp").await?;
    let scratch = scratch();
    // It opens a display before anything else.
    let mut screen = Process::builder("Xvfb")
        .args([
            "-displayfd",
            "1",
            "-nolisten",
            "tcp",
            "-screen",
            "0",
            "640x480x24",
        ])
        .start()?;
    let number = screen.wait_for_line("", Duration::from_secs(10))?;
    let address = format!("/v:{}:{}", trap.host(), trap.port());
    let said = xfreerdp
        .env("HOME", scratch.path())
        .env("DISPLAY", format!(":{}", number.trim()).as_ref())
        .run(
            &[
                &address,
                "/u:alice",
                "/d:CORP",
                "/p:hunter2",
                "/cert:ignore",
                "/sec:nla",
                "+auth-only",
            ],
            "",
        )
        .await?;
    screen.terminate(Duration::from_secs(5))?;
    assert!(said.contains("STATUS_LOGON_FAILURE"), "{said}");
    let fields = [("username", "alice"), ("domain", "CORP")];
    trap.watch.saw("rdp", "login_attempt", &fields).await;
    let cookie = [("cookie", "alice")];
    trap.watch.saw("rdp", "negotiate", &cookie).await;
    trap.spring()
}
