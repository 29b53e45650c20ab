# Sytest runs a test only when the abilities that it names were proven before. The tests that proved this one have moved to
# another suite, so that Sytest alone would skip what needs it; here it is proven anew, by trying it.
test "PUT power levels changes what a user may do",
   requires => [ local_user_and_room_fixtures(), local_user_fixture() ],

   proves => [qw( can_change_power_levels )],

   do => sub {
      my ( $creator, $room_id, $member ) = @_;

      matrix_join_room_synced( $member, $room_id )->then( sub {
         matrix_put_room_state( $member, $room_id,
            type => "m.room.topic", content => { topic => "too early" },
         )->main::expect_http_403;
      })->then( sub {
         matrix_change_room_power_levels( $creator, $room_id, sub {
            my ( $levels ) = @_;
            $levels->{users}{ $member->user_id } = 50;
         });
      })->then( sub {
         matrix_put_room_state( $member, $room_id,
            type => "m.room.topic", content => { topic => "now" },
         );
      })->then_done( 1 );
   };

# This one is proven by a test that needs a second server too; what is asked for later is the half that does not.
test "Local room members see posted message events, without a second server",
   requires => [ local_user_and_room_fixtures(), local_user_fixture() ],

   proves => [qw( can_receive_room_message_locally )],

   do => sub {
      my ( $sender, $room_id, $member ) = @_;

      matrix_join_room_synced( $member, $room_id )->then( sub {
         matrix_send_room_text_message( $sender, $room_id, body => "to everybody here" );
      })->then( sub {
         my ( $event_id ) = @_;

         Future->needs_all( map {
            await_sync_timeline_contains( $_, $room_id, check => sub { $_[0]->{event_id} eq $event_id } );
         } $sender, $member );
      })->then_done( 1 );
   };
